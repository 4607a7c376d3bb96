import Compression
import Foundation
import Launching
import Nouns
import Platform
import RowFormats
import Synchronization

/// A Parquet file of a drop, and the rows that a program made of it, which lie beside the original and are what is
/// read.
package struct ParquetFile {
    /// The folder of such rows, in that of the drop.
    package static let folderName = "parquet"

    /// What is noted of the rows.
    package struct Note: Codable, Hashable, Sendable {
        /// The program that made them.
        package var reader: String
        /// Bytes of the rows before they were compressed.
        package var bytes: Int
    }

    private let file: DropContents.File
    private let folder: String
    /// The name of the file for people.
    private let name: String
    /// The SHA-256 of the file's bytes.
    package let sha256: String

    /// Whether a file begins as Parquet files do. Throws a ``FileFailure``.
    package static func isOne(_ file: DropContents.File) throws -> Bool {
        let descriptor = try file.open()
        defer { close(descriptor) }
        var magic = [UInt8](repeating: 0, count: 4)
        return pread(descriptor, &magic, 4, 0) == 4 && magic == Array("PAR1".utf8)
    }

    /// A Parquet file, whose bytes are read for their digest. Throws a ``FileFailure``.
    ///
    /// - Parameter folder: the drop's folder.
    package init(_ file: DropContents.File, named name: String, in folder: String) throws {
        let descriptor = try file.open()
        defer { close(descriptor) }
        self.file = file
        self.name = name
        self.folder = folder + "/" + Self.folderName
        sha256 = try Digest.sha256(descriptor: descriptor, path: file.path.description)
    }

    /// Where its rows lie once they are made.
    package var rows: String { "\(folder)/\(sha256).jsonl.zst" }

    /// What is noted of the rows; nil where there are none yet.
    package func note() throws -> Note? {
        guard FileManager.default.fileExists(atPath: rows),
            let data = FileManager.default.contents(atPath: notePath)
        else { return nil }
        return try ContractCoding.decode(Note.self, from: data)
    }

    private var notePath: String { "\(folder)/\(sha256).json" }

    /// Takes the rows that were made of the same bytes for another drop, if they are there.
    package func take(from other: String) throws {
        let other = "\(other)/\(Self.folderName)/\(sha256)"
        guard FileManager.default.fileExists(atPath: other + ".jsonl.zst"),
            let note = FileManager.default.contents(atPath: other + ".json")
        else { return }
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(note, to: notePath)
        guard link(other + ".jsonl.zst", rows) == 0 || errno == EEXIST else {
            throw FileFailure("put it into \(rows)", other + ".jsonl.zst", errno: errno)
        }
        try AtomicFile.sync(folder: folder)
    }

    /// Has the rows made.
    ///
    /// Throws a Failure where the file cannot be read (`intake.parquet`, `intake.parquet_type`,
    /// `intake.expands_too_much`), a ``ParquetInterruption`` where the program was ended from outside or does not
    /// start, a ``FileFailure`` where the disk fails, and a CancellationError where the task is cancelled.
    package func makeRows(with program: ParquetProgram) throws -> Note {
        try AtomicFile.makeFolder(folder)
        let input = try file.open()
        defer { close(input) }
        let command = try command(program, input)
        let bound = DataFileReader.freeExpansion + DataFileReader.expansion * file.bytes
        let log = folder + "/.parquet.log"
        var count = 0
        let temporary = try AtomicFile.write(beside: rows) { descriptor, path in
            let output = try RowOutput(bound: bound, descriptor, path)
            let ending: StreamProgram.Ending
            let stream = StreamProgram(command, confinement: program.confinement)
            do { ending = try stream.run(input, log: log) { try output.take($0) } } catch is TooMuch {
                throw bomb(bound)
            } catch let failure as Failure where failure.code == "program.not_started" {
                throw ParquetInterruption(failure: failure)
            }
            try check(ending, program)
            count = try output.finish()
        }
        let note = Note(reader: program.name, bytes: count)
        try AtomicFile.write(try ContractCoding.encode(note), to: notePath)
        try AtomicFile.rename(temporary, to: rows)
        return note
    }

    /// What makes the rows of this file. DuckDB is asked about the columns first.
    private func command(_ program: ParquetProgram, _ input: Int32) throws -> [String] {
        guard program.kind == .duckdb else { return PyArrowReader.rows(program.path) }
        let (description, ending) = try StreamProgram.answer(
            DuckDBReader.describe(program.path), confinement: program.confinement, input: input, in: folder)
        try check(ending, program)
        return try DuckDBReader.rows(program.path, description, file: name)
    }

    private func check(_ ending: StreamProgram.Ending, _ program: ParquetProgram) throws {
        if ending.status == 0, !ending.wasSilent { return }
        let said = ending.errors.trimmingCharacters(in: .whitespacesAndNewlines)
        if program.kind == .pyarrow, ending.status == PyArrowReader.refused { throw DuckDBReader.refusal(said, name) }
        let how =
            if ending.wasSilent {
                "wrote nothing for too long"
            } else if let signal = ending.signal {
                "was ended by signal \(signal)"
            } else {
                "could not read it"
            }
        let failure = Failure(
            code: "intake.parquet", "The file is damaged, or no Parquet file: \(program.name) \(how).", at: name,
            remedy: "Write the file anew and check it with the program that wrote it, or drop its rows as JSON lines.",
            cause: said.isEmpty ? nil : said)
        // 126 and 127: the shell did not find it, or may not run it.
        let isOutside =
            !ending.wasSilent && [SIGTERM, SIGINT, SIGHUP, SIGKILL].contains(ending.signal ?? 0)
            || [126, 127].contains(ending.status ?? 0)
        if isOutside { throw ParquetInterruption(failure: failure) }
        throw failure
    }

    private func bomb(_ bound: Int) -> Failure {
        Failure(
            code: "intake.expands_too_much",
            """
            The file of \(file.bytes) bytes expands to more than \(bound >> 20) MiB of rows, which no data does (the \
            limit is \(DataFileReader.freeExpansion >> 20) MiB and \(DataFileReader.expansion) times the size).
            """,
            at: name, remedy: "Drop the rows as JSON lines, if they are data.")
    }
}

/// A program that reads Parquet files was ended from outside, or does not start: nothing is known of the file.
package struct ParquetInterruption: Error {
    package var failure: Failure
}

/// More rows than a file of its size has.
private struct TooMuch: Error {}

/// Where the rows go: compressed into a file, and counted.
private final class RowOutput: Sendable {
    /// Held while one of the two below is used.
    private let turn = Mutex(())
    private nonisolated(unsafe) let writer: ZstdWriter
    private nonisolated(unsafe) var count = 0
    private let bound: Int

    init(bound: Int, _ descriptor: Int32, _ path: String) throws {
        self.bound = bound
        writer = try ZstdWriter(level: 1) { try AtomicFile.writeAll($0, to: descriptor, path: path) }
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        nonisolated(unsafe) let bytes = bytes
        try turn.withLock { _ in
            count += bytes.count
            guard count <= bound else { throw TooMuch() }
            try writer.write(bytes)
        }
    }

    /// Ends the file; returns how many bytes came.
    func finish() throws -> Int {
        try turn.withLock { _ in
            try writer.finish()
            return count
        }
    }
}
