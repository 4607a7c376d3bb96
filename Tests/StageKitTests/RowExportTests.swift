import Foundation
import Nouns
import RowFiles
import TestSupport
import Testing

@testable import StageKit

struct RowExportTests {
    func shard(_ sandbox: Sandbox, _ lines: Range<Int>) throws -> FileReference {
        let writer = try ShardWriter(folder: sandbox.layout.root)
        for line in lines {
            try writer.write(
                Row(
                    id: RowID("r\(line)"), content: .text(String(repeating: "text \(line) ", count: 200)),
                    split: .train, promptKey: "k", drop: "d", line: line))
        }
        return try writer.finish()
    }

    @Test func filesFollowEachOtherAsLines() async throws {
        let sandbox = try Sandbox()
        let files = [try shard(sandbox, 1..<400), try shard(sandbox, 400..<500)]
        var text = Data()
        for try await piece in RowExport.lines(files) { text += piece }
        let path = sandbox.layout.root + "/all.jsonl"
        try text.write(to: URL(filePath: path))
        var lines: [Int] = []
        try RowFile.read(path) { lines.append($0.line) }
        #expect(lines == Array(1..<500))
    }

    @Test func aFileThatIsCutOffEndsItWithItsName() async throws {
        let sandbox = try Sandbox()
        let file = try shard(sandbox, 1..<400)
        try Data(contentsOf: URL(filePath: file.path)).dropLast(20).write(to: URL(filePath: file.path))
        let failure = await #expect(throws: Failure.self) { for try await _ in RowExport.lines([file]) {} }
        #expect(failure?.code == "dataset.damaged" && failure?.place == file.path)
    }
}
