import Foundation
import Launching
import Nouns
import Platform
import Synchronization

/// A program that reads Parquet files.
package struct ParquetProgram: Hashable, Sendable {
    enum Kind: String, Sendable {
        case duckdb = "DuckDB"
        case pyarrow
    }

    let kind: Kind
    let path: String
    /// Its name and version, as `DuckDB 1.5.6`.
    package let name: String
    /// What it may read and change while it makes rows; nil leaves that to the unit.
    package var confinement: Confinement?

    /// The program at a path, asked for its version; nil where it does not answer as one that reads Parquet.
    ///
    /// - Parameter confinement: what it may read and change when it is asked.
    init?(_ path: String, confinement: Confinement?, scratch: String) throws {
        self.path = path
        kind = (path as NSString).lastPathComponent.hasPrefix("python") ? .pyarrow : .duckdb
        let command = kind == .pyarrow ? PyArrowReader.version(path) : [path, "--version"]
        guard let answer = try? StreamProgram.answer(command, confinement: confinement, in: scratch),
            answer.ending.status == 0
        else {
            try Task.checkCancellation()
            return nil
        }
        let said = String(decoding: answer.output, as: UTF8.self)
        guard let version = said.firstMatch(of: /v?([0-9]+\.[0-9]+[^ \n]*)/)?.1 else { return nil }
        name = "\(kind.rawValue) \(version)"
    }
}

extension StreamProgram {
    /// Most that is kept of a short answer.
    private static let longest = 16 << 20

    /// Runs a command whose answer is short, with nothing or an open file as its input.
    static func answer(
        _ command: [String], confinement: Confinement? = nil, input: Int32? = nil, in scratch: String
    ) throws -> (output: Data, ending: Ending) {
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard nothing >= 0 else { throw FileFailure("open it", "/dev/null", errno: errno) }
        defer { close(nothing) }
        let output = Mutex(Data())
        let program = StreamProgram(command, confinement: confinement, silence: 60)
        let ending = try program.run(input ?? nothing, log: scratch + "/.parquet.log") { bytes in
            output.withLock { if $0.count + bytes.count <= Self.longest { $0.append(contentsOf: bytes) } }
        }
        return (output.withLock { $0 }, ending)
    }
}
