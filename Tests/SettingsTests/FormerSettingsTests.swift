import Foundation
import Nouns
import Settings
import TestSupport
import Testing

/// A faulty pipeline file changes nothing of what is in force.
struct FormerSettingsTests {
    let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// What is in force after a reload of what is on disk.
    func reloaded(_ former: SettingsFolder) -> SettingsFolder {
        var folder = SettingsFolder.read(sandbox.layout)
        folder.keepFormer(former.pipelines, sandbox.layout)
        return folder
    }

    @Test func aFaultyFileKeepsItsFormerSettingsUntilItIsMended() throws {
        try sandbox.pipeline("a", "base = \"one\"\n")
        try sandbox.pipeline("b", "base = \"one\"\n")
        let first = SettingsFolder.read(sandbox.layout)
        try sandbox.pipeline("a", "base = \"two\"\n[recipe]\nrank = 0\n")
        let faulty = reloaded(first)
        #expect(faulty.pipelines.map(\.name) == ["a", "b"] && faulty.pipelines.map(\.base) == ["one", "one"])
        #expect(faulty.kept == ["a"] && faulty.problems.map(\.code) == ["settings.value"])
        #expect(reloaded(faulty).kept == ["a"], "however often it is read")
        try sandbox.pipeline("a", "base = \"two\"\n")
        let mended = reloaded(faulty)
        #expect(mended.pipelines.map(\.base) == ["two", "one"] && mended.kept.isEmpty && mended.problems.isEmpty)
    }

    @Test func aFileThatIsGoneEndsItsPipeline() throws {
        try sandbox.pipeline("a", "base = \"one\"\n")
        let first = SettingsFolder.read(sandbox.layout)
        try FileManager.default.removeItem(atPath: sandbox.layout.pipelineSettings + "/a.toml")
        #expect(reloaded(first).pipelines.isEmpty && reloaded(first).kept.isEmpty)
    }

    @Test func aNewFaultyFileHasNothingToKeep() throws {
        let first = SettingsFolder.read(sandbox.layout)
        try sandbox.pipeline("a", "base = \n")
        #expect(reloaded(first).pipelines.isEmpty && reloaded(first).problems.count == 1)
    }

    @Test func nobodyTakesTheDropFolderOfAPipelineInForce() throws {
        let folder = sandbox.layout.root + "/in"
        try sandbox.pipeline("b", "base = \"one\"\ndrop = \"\(folder)\"\n")
        let first = SettingsFolder.read(sandbox.layout)
        #expect(first.problems.isEmpty, "\(first.problems)")
        // By its name it comes before the one that was there.
        try sandbox.pipeline("a", "base = \"one\"\ndrop = \"\(folder)\"\n")
        let both = reloaded(first)
        #expect(both.pipelines.map(\.name) == ["b"])
        #expect(both.problems.contains { $0.place?.hasSuffix("a.toml") == true }, "the newcomer is at fault")
        // A faulty file keeps its folder, too.
        try sandbox.pipeline("b", "base = \"one\"\nrnak = 1\n")
        #expect(reloaded(first).pipelines.map(\.name) == ["b"])
    }
}
