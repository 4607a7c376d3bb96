import Foundation
import Nouns
import Platform

/// What `-` stands for on the command line.
enum StandardInput {
    static let mark = "-"

    /// Copies it into a file of a folder, in constant memory. Throws a Failure where nothing comes, or where nobody
    /// gives it: at a terminal one would wait for something that was not asked for.
    static func copy(to path: String) throws {
        guard isatty(0) == 0 else {
            throw Failure(
                code: "client.input", "There is nothing on standard input.", at: mark,
                remedy: "Give it a file, as in `ftctl … - < FILE`, or name the file.")
        }
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw FileFailure("create it", path, errno: errno) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure("read it", "standard input", errno: errno) }
            if count == 0 { return }
            try buffer.withUnsafeBytes {
                try AtomicFile.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: output, path: path)
            }
        }
    }

    /// All of it as text. Throws as ``copy(to:)`` does.
    static func text() throws -> String {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/stdin"
        try copy(to: path)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(code: "client.input", "Standard input could not be kept.", at: path)
        }
        return String(decoding: data, as: UTF8.self)
    }
}
