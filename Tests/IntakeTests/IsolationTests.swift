import Foundation
import Nouns
import Platform
import Settings
import TestSupport
import Testing

@testable import Intake

/// A folder that cannot be read keeps no other pipeline's files from being read.
struct IsolationTests {
    @Test func aFolderThatIsNoneHoldsUpNoOtherPipeline() throws {
        let scene = try IntakeScene()
        var broken = scene.pipeline
        broken.name = "a"
        broken.dropFolder = scene.sandbox.root + "/no-folder"
        try Data().write(to: URL(filePath: scene.sandbox.root + "/no-folder"))
        var folder = scene.context.settings.now
        folder.pipelines = [broken, scene.pipeline]
        scene.context.settings.replace(folder)
        try scene.put("{\"prompt\": \"q\", \"completion\": \"a\"}\n", "rows.jsonl")
        try scene.pass("rows.jsonl")
        #expect(try scene.drops().map(\.state) == [.validated])
        #expect(scene.context.problems.all(prefix: "drop:a:folder").count == 1)
        // Mended, it is read like any other.
        try FileManager.default.removeItem(atPath: scene.sandbox.root + "/no-folder")
        try scene.pass()
        #expect(scene.context.problems.count == 0)
    }

    @Test func aStoppedPassClaimsNothingMore() async throws {
        let scene = try IntakeScene()
        try scene.put("{\"prompt\": \"q\", \"completion\": \"a\"}\n", "rows.jsonl")
        let service = scene.service
        let passing = Task {
            while !Task.isCancelled { await Task.yield() }
            return try service.pass(CompleteFiles())
        }
        passing.cancel()
        await #expect(throws: CancellationError.self) { try await passing.value }
        #expect(try scene.drops().isEmpty && scene.context.problems.count == 0)
        #expect(FileManager.default.fileExists(atPath: scene.dropFolder + "/rows.jsonl"), "it is where it was")
        try scene.pass("rows.jsonl")
        #expect(try scene.drops().map(\.state) == [.validated])
    }
}
