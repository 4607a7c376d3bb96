import Foundation
import Nouns
import Platform
import Settings
import TestSupport
import Testing

struct SettingsFolderTests {
    /// Reads a root whose files are `files` (below etc/finetuned).
    func read(_ files: [String: String]) throws -> SettingsFolder {
        let sandbox = try Sandbox()
        for (name, text) in files {
            try text.write(toFile: sandbox.layout.settings + "/" + name, atomically: true, encoding: .utf8)
        }
        return SettingsFolder.read(sandbox.layout)
    }

    @Test func aSoundPipelineIsRead() throws {
        let folder = try read([
            "pipelines/tickets.toml":
                "base = \"b\"\n[recipe]\nrank = 4\nlearning_rate = 1e-3\n[trigger]\nsettle_seconds = 1\n"
        ])
        #expect(folder.problems.isEmpty)
        let pipeline = try #require(folder.pipelines.first)
        #expect(
            pipeline.name == "tickets" && pipeline.recipe.rank == 4 && pipeline.recipe.learningRate == 1e-3
                && pipeline.trigger.settleSeconds == 1)
    }

    @Test(arguments: [
        ("base = \"b\"\n[recipe]\nrnak = 4\n", "settings.unknown_key", ":3", "recipe.rank"),
        ("base = \"b\"\n[recipe]\nrank = \"four\"\n", "settings.value", ":3", "whole number"),
        ("base = \"b\"\n[recipe]\nrank = 0\n", "settings.value", ":3", "1 to 1024"),
        ("base = \"b\"\npromote = \"never\"\n", "settings.value", ":2", "manual"),
        ("base = \"b\"\n[recipe\n", "settings.syntax", ":2", "TOML"),
        ("promote = \"auto\"\n", "settings.missing_key", ".toml", "base"),
        ("base = \"b\"\n[data]\ngate_share = 0.6\nvalidation_share = 0.5\n", "settings.value", ":3", "tenth"),
        (
            "base = \"b\"\n[recipe]\nmethod = \"full\"\n[delivery]\nexports = [\"peft\"]\n", "settings.value", ":5",
            "adapter"
        ),
    ])
    func aFaultNamesFileLineKeyAndRemedy(text: String, code: String, place: String, said: String) throws {
        let folder = try read(["pipelines/p.toml": text])
        let failure = try #require(folder.problems.first)
        #expect(failure.code == code)
        #expect(failure.place?.contains("p.toml") == true && failure.description.contains(place))
        #expect(failure.description.contains(said), "\(failure)")
        #expect(folder.pipelines.isEmpty)
    }

    @Test func oneBrokenFileLeavesTheOthers() throws {
        let folder = try read(["pipelines/good.toml": "base = \"b\"\n", "pipelines/bad.toml": "base = 3\n"])
        #expect(folder.pipelines.map(\.name) == ["good"])
        #expect(folder.problems.count == 1)
    }

    @Test func twoPipelinesOnOneFolderAreRefused() throws {
        let folder = try read([
            "pipelines/a.toml": "base = \"b\"\ndrop = \"/srv/x\"\n",
            "pipelines/b.toml": "base = \"b\"\ndrop = \"/srv/x/\"\n",
        ])
        #expect(folder.pipelines.map(\.name) == ["a"])
        #expect(folder.problems.first?.code == "settings.shared_folder")
    }

    @Test func aFileThatIsNotTextIsRefused() throws {
        let sandbox = try Sandbox()
        try Data([0xFF, 0xFE, 0, 1]).write(to: URL(filePath: sandbox.layout.pipelineFile("x")))
        #expect(SettingsFolder.read(sandbox.layout).problems.first?.code == "settings.syntax")
    }
}
