import Foundation
import JSONText
// How fast rows are read: `bench-ingest FILE` prints rows/s and MB/s of each JSON reader and of the whole way from a
// file to canonical rows.
import Nouns
import Platform
import RowFormats

@main
struct IngestBench {
    let path: String
    let rows: [[UInt8]]
    /// Grows with everything read, and is printed, so that no loop can be left out.
    var kept = 0

    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(Data("usage: bench-ingest FILE.jsonl\n".utf8))
            exit(64)
        }
        let path = CommandLine.arguments[1]
        // All in memory, so that the disk does not count.
        var bench = IngestBench(
            path: path, rows: Array(try Data(contentsOf: URL(filePath: path))).split(separator: 10).map(Array.init))
        try bench.measure("JSONText (strict, Swift)") { bench in
            for row in bench.rows {
                if case .object(let members) = try JSONText.parse(row).value { bench.kept &+= members.count }
            }
        }
        try bench.measure("Foundation JSONDecoder") { bench in
            for row in bench.rows {
                if case .object(let members) = try JSONDecoder().decode(JSONValue.self, from: Data(row)) {
                    bench.kept &+= members.count
                }
            }
        }
        try bench.measure("file to canonical rows") { try $0.canonicalRows() }
        FileHandle.standardError.write(Data("\(bench.kept)\n".utf8))
    }

    /// Best of three.
    private mutating func measure(_ name: String, _ body: (inout IngestBench) throws -> Void) throws {
        var best = Double.infinity
        for _ in 0..<3 {
            let start = DispatchTime.now().uptimeNanoseconds
            try body(&self)
            best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
        }
        let bytes = rows.reduce(0) { $0 + $1.count }
        let label = name.padding(toLength: 34, withPad: " ", startingAt: 0)
        print(label, String(format: "%.0f rows/s %.1f MB/s", Double(rows.count) / best, Double(bytes) / best / 1e6))
    }

    private mutating func canonicalRows() throws {
        let descriptor = try RawPath(path).openFile()
        defer { close(descriptor) }
        var reader = DataFileReader(name: path)
        var count = 0
        try reader.read(descriptor, path: path) { line, result in
            guard case .success(let parsed) = result else { return }
            let key = RowIdentity.promptKey(parsed.content)
            let row = Row(
                id: try RowIdentity.id(parsed.content), content: parsed.content,
                split: RowIdentity.split(key, validation: 0.1, gate: 0.1),
                promptKey: key, drop: "d", line: line)
            count &+= try CanonicalJSON.line(row).count
        }
        kept &+= count
    }
}
