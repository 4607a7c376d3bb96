import Foundation
import Nouns
import Platform
import Synchronization

/// Reads everything a drop is made of, in memory that does not grow with it, and counts what it finds.
package final class DropReader {
    /// The counts and faults of all files; what is wrong with single rows goes to the sink.
    package private(set) var report: IntakeReport
    /// Names and digests of the files as they were read.
    package private(set) var digests: [(name: [UInt8], sha256: String, bytes: Int)] = []
    private var shapes: [RowShape: Int] = [:]
    private var formats: [String: Int] = [:]
    /// Whether reading ended at the number of rows that are wanted at most; the digests are not whole then.
    package private(set) var isCut = false
    private let shape: RowShape?
    private let columns: [String: String]
    private let only: Set<String>?
    private let most: Int?
    private let made: [[UInt8]: MadeRows]
    private let controlTokens: ControlTokens
    private let controlCharacters: ControlCharacterAction
    private let problem: (RowProblem) throws -> Void
    private let rows: ([GoodRow]) throws -> Int
    /// Good rows that were not given yet.
    private var pending: [GoodRow] = []
    private var pendingBytes = 0

    /// A good row, its line and, in a folder, its file.
    package struct GoodRow: Sendable {
        package var parsed: RowReader.Parsed
        package var line: Int
        package var file: String?
    }

    /// The rows that a program made of a file, which are read in its place.
    package struct MadeRows: Sendable {
        /// JSON lines.
        package var path: String
        /// The SHA-256 of the file itself.
        package var sha256: String
        package init(path: String, sha256: String) {
            self.path = path
            self.sha256 = sha256
        }
    }

    /// As many rows were read as are wanted.
    private struct Enough: Error {}

    /// Good rows that are given at a time: enough that all cores have work.
    private static let rowsAtOnce = 2048
    private static let bytesAtOnce = 8 << 20

    /// - Parameters:
    ///   - only: the only keys that are read; nil reads all.
    ///   - most: how many rows are read at most.
    ///   - made: the rows that programs made of files, by the files' names.
    ///   - problem: gets every fault and every warning, in order.
    ///   - rows: gets the good rows, many at a time, in order; returns how many of them were not there before.
    package init(
        _ report: IntakeReport, shape: RowShape?, columns: [String: String], only: Set<String>? = nil,
        most: Int? = nil, made: [[UInt8]: MadeRows] = [:], controlTokens: ControlTokens,
        controlCharacters: ControlCharacterAction = .refuse, problem: @escaping (RowProblem) throws -> Void,
        rows: @escaping ([GoodRow]) throws -> Int
    ) {
        self.report = report
        self.shape = shape
        self.columns = columns
        self.only = only
        self.most = most
        self.made = made
        self.controlTokens = controlTokens
        self.controlCharacters = controlCharacters
        self.problem = problem
        self.rows = rows
    }

    /// Reads all files. A file that cannot be read as data ends it, with the reason in the report; throws where the
    /// disk fails.
    package func read(_ contents: DropContents) throws {
        do {
            for entry in contents.left { try note(entry.name, entry.code, entry.what) }
            for file in contents.files where !isCut { try read(file) }
            if (1..<10).contains(report.rowsAccepted) {
                try tell(
                    .fewerThan10Examples, nil,
                    "The file has only \(report.rowsAccepted) usable row\(report.rowsAccepted == 1 ? "" : "s").",
                    "Drop more: 10 are the least for a first run, 50 and more are advised.")
            }
        } catch let failure as Failure {
            report.quarantined = failure
        }
        report.shapes = Dictionary(uniqueKeysWithValues: shapes.map { ($0.key.rawValue, $0.value) })
        report.formats = formats
    }

    private func note(_ name: [UInt8], _ code: ProblemCode, _ what: String) throws {
        try tell(
            code, RawPath.shown(name), "This is \(what); it was not read.",
            code == .fileIgnored
                ? "Give it the ending of what it holds, if it is data." : "Put the file itself into the folder.")
    }

    private func tell(_ code: ProblemCode, _ file: String?, _ message: String, _ fix: String) throws {
        try problem(
            RowProblem(file: file, line: 0, code: code.rawValue, severity: code.severity, message: message, fix: fix))
    }

    private func read(_ file: DropContents.File) throws {
        let shown: String? = file.name.isEmpty ? nil : RawPath.shown(file.name)
        let source = made[file.name]
        let descriptor = try source.map { try RawPath($0.path).openFile() } ?? file.open()
        defer { close(descriptor) }
        let (path, name, shape, columns, only, controlTokens, controlCharacters) = (
            source?.path ?? file.path.description, shown ?? report.name, shape, columns, only, controlTokens,
            controlCharacters
        )
        let end = Mutex<(sha256: String, bytes: Int, format: DataFormat?)?>(nil)
        do {
            try ReadAhead.run { give in
                var hash = SHA256()
                var reader = DataFileReader(
                    name: name, isOurs: source != nil, shape: shape, columns: columns, only: only,
                    controlTokens: controlTokens, controlCharacters: controlCharacters)
                try reader.readMany(descriptor, path: path, raw: { hash.update($0) }, give)
                let bytes = hash.count
                end.withLock { $0 = (Digest.hex(hash.finish()), bytes, reader.format) }
            } take: { (outcomes: [DataFileReader.Outcome]) in
                for (line, result) in outcomes { try take(line, result, shown) }
            }
        } catch is Enough {
            isCut = true
        } catch let failure as Failure {
            // What came before counts all the same.
            try give()
            throw failure
        }
        try give()
        let found = end.withLock { $0 }
        let format = source == nil ? found?.format.map { "\($0)" } : DataFormat.parquet
        if let format { formats[format, default: 0] += 1 }
        guard let found else { return }
        digests.append((file.name, source?.sha256 ?? found.sha256, source == nil ? found.bytes : file.bytes))
    }

    private func take(_ line: Int, _ result: Result<RowReader.Parsed, RowProblems>, _ file: String?) throws {
        if let most, report.rowsRead >= most { throw Enough() }
        report.rowsRead += 1
        switch result {
        case .failure(let problems):
            report.rowsRejected += 1
            for problem in problems.list { try tell(problem, file) }
        case .success(let parsed):
            for problem in parsed.warnings { try tell(problem, file) }
            shapes[parsed.shape, default: 0] += 1
            pending.append(GoodRow(parsed: parsed, line: line, file: file))
            pendingBytes += parsed.content.textBytes
            if pending.count >= Self.rowsAtOnce || pendingBytes >= Self.bytesAtOnce { try give() }
        }
    }

    private func give() throws {
        guard !pending.isEmpty else { return }
        let new = try rows(pending)
        report.rowsAccepted += new
        report.rowsDuplicate += pending.count - new
        pending.removeAll(keepingCapacity: true)
        pendingBytes = 0
    }

    private func tell(_ problem: RowProblem, _ file: String?) throws {
        var problem = problem
        problem.file = file
        try self.problem(problem)
    }
}
