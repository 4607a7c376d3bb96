import Compression
import Foundation
import Nouns
import Platform

/// Reads one data file row by row, whatever it is written in, in memory that does not grow with the file.
package struct DataFileReader {
    /// Compressed files may expand to this much, and to ``expansion`` times what was read of them; beyond it lies a
    /// bomb, not data.
    package static let freeExpansion = 64 << 20
    package static let expansion = 250

    /// Records that are read at a time: enough that all cores have work.
    private static let recordsAtOnce = 2048
    private static let bytesAtOnce = 4 << 20

    private let name: String
    private let isOurs: Bool
    private var reader: RowReader
    private var splitter: (any RecordSplitter)?
    /// The first bytes of the text, until they say what it is.
    private var head: [UInt8] = []
    private var expanded = 0
    /// Records that were not read yet.
    private var pending: [Record] = []
    private var pendingBytes = 0
    /// What the file turned out to be; nil before anything was read.
    package private(set) var format: DataFormat?

    /// - Parameter name: the file's name, whose ending tells tables from JSON.
    /// - Parameter isOurs: whether the file is JSON lines that were written here and bounded then, whatever its name.
    package init(
        name: String, isOurs: Bool = false, shape: RowShape? = nil, columns: [String: String] = [:],
        only: Set<String>? = nil, controlTokens: ControlTokens = .common,
        controlCharacters: ControlCharacterAction = .refuse
    ) {
        self.name = name
        self.isOurs = isOurs
        reader = RowReader(
            shape: shape, columns: columns, only: only, controlTokens: controlTokens,
            controlCharacters: controlCharacters)
    }

    /// What became of one record: the line it begins on, and its row or what is wrong with it.
    package typealias Outcome = (line: Int, result: Result<RowReader.Parsed, RowProblems>)

    /// Gives every row, or what is wrong with it, with the line it begins on. `raw` gets the file's bytes as they are
    /// read.
    ///
    /// Throws a Failure where the file as a whole cannot be read, a ``FileFailure`` where the disk fails, and what
    /// `body` throws.
    package mutating func read(
        _ descriptor: Int32, path: String, raw: (UnsafeRawBufferPointer) -> Void = { _ in },
        _ body: (Int, Result<RowReader.Parsed, RowProblems>) throws -> Void
    ) throws {
        try readMany(descriptor, path: path, raw: raw) { for outcome in $0 { try body(outcome.line, outcome.result) } }
    }

    /// The same, many at a time.
    package mutating func readMany(
        _ descriptor: Int32, path: String, raw: (UnsafeRawBufferPointer) -> Void = { _ in },
        _ body: ([Outcome]) throws -> Void
    ) throws {
        do { try split(descriptor, path, raw, body) } catch {
            // Records before the fault count all the same.
            try give(body)
            throw error
        }
        try give(body)
    }

    private mutating func split(
        _ descriptor: Int32, _ path: String, _ raw: (UnsafeRawBufferPointer) -> Void, _ body: ([Outcome]) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var total = 0
        var decompressor: (any Decompressor)?
        var compression: CompressionKind?
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", path, errno: errno) }
            if count == 0 { break }
            try buffer.withUnsafeBytes { bytes in
                let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                raw(bytes)
                if total == 0 {
                    compression = CompressionKind(magic: bytes)
                    decompressor = try compression?.reader()
                }
                total += count
                guard let decompressor else { return try text(bytes, compression, body) }
                do {
                    try decompressor.push(bytes) { piece in
                        expanded += piece.count
                        guard isOurs || expanded <= Self.freeExpansion + Self.expansion * total else {
                            throw bomb(total)
                        }
                        try text(piece, compression, body)
                    }
                } catch let failure as CompressionFailure { throw damaged("it cannot be expanded: \(failure)") }
            }
        }
        if let decompressor, !decompressor.isComplete { throw damaged("it ends in the middle") }
        if splitter == nil { try begin(compression, body) }
        var splitter = splitter
        try splitter?.finish { try take($0, body) }
    }

    /// Takes expanded text.
    private mutating func text(
        _ bytes: UnsafeRawBufferPointer, _ compression: CompressionKind?, _ body: ([Outcome]) throws -> Void
    ) throws {
        guard splitter == nil else { return try push(bytes, body) }
        head.append(contentsOf: bytes)
        // White space alone does not say what follows; but no file may begin with any amount of it unread.
        if head.count >= 4096 || (head.count >= 64 && head.contains { !Self.isSpace($0) }) {
            try begin(compression, body)
        }
    }

    private mutating func push(_ bytes: UnsafeRawBufferPointer, _ body: ([Outcome]) throws -> Void) throws {
        // Taken out for the call, since a closure may not change what is being changed.
        guard var splitter = splitter else { return }
        self.splitter = nil
        try splitter.push(bytes) { try take($0, body) }
        self.splitter = splitter
    }

    private mutating func take(_ record: Record, _ body: ([Outcome]) throws -> Void) throws {
        pending.append(record)
        pendingBytes += record.size
        if pending.count >= Self.recordsAtOnce || pendingBytes >= Self.bytesAtOnce { try give(body) }
    }

    /// Reads what is pending. What `body` throws ends it for good, so nothing is pending then.
    private mutating func give(_ body: ([Outcome]) throws -> Void) throws {
        let records = pending
        (pending, pendingBytes) = ([], 0)
        guard !records.isEmpty else { return }
        try body(zip(records, reader.read(records)).map { ($0.line, $1) })
    }

    /// Decides what the text is, by its first bytes.
    private mutating func begin(_ compression: CompressionKind?, _ body: ([Outcome]) throws -> Void) throws {
        var start = head
        head = []
        if isOurs {
            splitter = LineSplitter()
            return try start.withUnsafeBytes { try push($0, body) }
        }
        if let failure = ForeignFormat.failure(start, name: name) { throw failure }
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { start.removeFirst(3) }
        let kind = DataFormat.kind(name: name, head: start)
        format = DataFormat(kind: kind, compression: compression)
        splitter = kind.splitter(start)
        try start.withUnsafeBytes { try push($0, body) }
    }

    private func damaged(_ problem: String) -> Failure {
        Failure(
            code: "intake.damaged_compression", "The file is compressed, but \(problem).", at: name,
            remedy: "Compress it again and check it with gzip -t or zstd -t.")
    }

    private func bomb(_ read: Int) -> Failure {
        Failure(
            code: "intake.expands_too_much",
            """
            The first \(read) bytes of the file expand to more than \(expanded >> 20) MiB, which no data does \
            (the limit is \(Self.freeExpansion >> 20) MiB and \(Self.expansion) times the size).
            """,
            at: name, remedy: "Drop it uncompressed, if it is data.")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }
}
