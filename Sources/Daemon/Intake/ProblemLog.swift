import Compression
import Foundation
import Nouns
import Platform

/// Counts every problem of a drop, keeps the first thousand for its report, and writes all of them beside it where
/// there are more.
final class ProblemLog {
    /// The full list, Zstandard-compressed JSON lines.
    static let fileName = "problems.jsonl.zst"
    static let listed = 1000

    private let folder: String
    private(set) var list: [RowProblem] = []
    private(set) var counts: [String: Int] = [:]
    private var temporary: String?
    private var descriptor: Int32 = -1
    private var writer: ZstdWriter?

    init(folder: String) { self.folder = folder }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let temporary { unlink(temporary) }
    }

    func add(_ problem: RowProblem) throws {
        counts[problem.code, default: 0] += 1
        if list.count < Self.listed {
            list.append(problem)
            return
        }
        if writer == nil { try open() }
        try write(problem)
    }

    /// Makes the full list durable; returns its name where there is one.
    func finish() throws -> String? {
        guard let writer, let temporary else { return nil }
        try writer.finish()
        guard fsync(descriptor) == 0 else { throw FileFailure("make it durable", temporary, errno: errno) }
        try AtomicFile.rename(temporary, to: folder + "/" + Self.fileName)
        self.temporary = nil
        return Self.fileName
    }

    private func open() throws {
        let path = folder + "/.problems-\(UInt64.random(in: 0...UInt64.max)).tmp"
        let file = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw FileFailure("create it", path, errno: errno) }
        descriptor = file
        temporary = path
        writer = try ZstdWriter { try AtomicFile.writeAll($0, to: file, path: path) }
        for problem in list { try write(problem) }
    }

    private func write(_ problem: RowProblem) throws {
        var line = try ContractCoding.encode(problem)
        line.append(10)
        try line.withUnsafeBytes { try writer?.write($0) }
    }
}
