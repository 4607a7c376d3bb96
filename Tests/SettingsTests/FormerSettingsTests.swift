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
        SettingsFolder.read(sandbox.layout, after: former)
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

    // MARK: - Folders

    @Test func aFolderThatCannotBeReadEndsNoPipeline() throws {
        try sandbox.pipeline("a", "base = \"one\"\n")
        let first = SettingsFolder.read(sandbox.layout)
        let folder = sandbox.layout.pipelineSettings
        let aside = sandbox.root + "/aside"
        // Gone as a whole, then no folder.
        try FileManager.default.moveItem(atPath: folder, toPath: aside)
        let gone = reloaded(first)
        #expect(gone.pipelines.map(\.name) == ["a"] && gone.kept == ["a"])
        #expect(gone.problems.map(\.code) == ["settings.unreadable"])
        try Data().write(to: URL(filePath: folder))
        let blocked = reloaded(gone)
        #expect(blocked.kept == ["a"] && blocked.problems.first?.message.contains("Not a directory") == true)
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.moveItem(atPath: aside, toPath: folder)
        #expect(reloaded(blocked).kept.isEmpty && reloaded(blocked).pipelines.map(\.name) == ["a"])
    }

    @Test func aFileThatCannotBeReadKeepsItsPipeline() throws {
        try sandbox.pipeline("a", "base = \"one\"\n")
        let first = SettingsFolder.read(sandbox.layout)
        let file = sandbox.layout.pipelineFile("a")
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/nowhere/a.toml")
        #expect(reloaded(first).kept == ["a"], "a link to nothing was not removed on purpose")
    }

    @Test func aFaultInTheDaemonsFileKeepsAllItsValues() throws {
        try sandbox.settings("scan_seconds = 7\n")
        let first = SettingsFolder.read(sandbox.layout)
        try sandbox.settings("scan_seconds = 9\nquiet_secnds = 1\n")
        let faulty = reloaded(first)
        #expect(faulty.keptDaemon && faulty.daemon.scanSeconds == 7 && faulty.problems.count == 1)
        try FileManager.default.removeItem(atPath: sandbox.layout.daemonSettings)
        let removed = reloaded(faulty)
        #expect(!removed.keptDaemon && removed.daemon.scanSeconds == DaemonSettings().scanSeconds)
    }

    // MARK: - Copies

    /// What is in force after a start.
    func started() -> SettingsFolder { SettingsFolder.readAtStart(sandbox.layout) }

    func keep(_ folder: SettingsFolder) throws { try SettingsCopies(sandbox.layout).keep(folder) }

    @Test func aRestartKeepsTheLastSoundTextsAndOpensNoNetwork() throws {
        try sandbox.settings("scan_seconds = 7\n")
        try sandbox.pipeline(
            "a",
            """
            base = "one"
            [delivery]
            webhook = "https://example.org/hook"
            webhook_secret_file = "/etc/secret"
            """)
        try sandbox.pipeline("b", "base = \"two\"\n")
        let first = started()
        #expect(first.problems.isEmpty && !first.isFromCopies, "\(first.problems)")
        #expect(first.pipelines.first?.delivery.webhook != nil)
        try keep(first)
        try sandbox.settings("scan_seconds = \n")
        try sandbox.pipeline("a", "base = \"one")
        let second = started()
        #expect(second.isFromCopies && second.keptDaemon && second.daemon.scanSeconds == 7)
        #expect(second.pipelines.map(\.name) == ["a", "b"] && second.kept == ["a"])
        #expect(second.pipelines.first?.delivery.webhook == nil)
        #expect(second.problems.count == 2)
        try keep(second)
        // However often the daemon starts and the settings are read again.
        #expect(started().kept == ["a"] && reloaded(second).kept == ["a"] && reloaded(second).isFromCopies)
        #expect(reloaded(second).pipelines.first?.delivery.webhook == nil)
        try sandbox.settings("scan_seconds = 8\n")
        try sandbox.pipeline("a", "base = \"three\"\n")
        let mended = reloaded(second)
        #expect(!mended.isFromCopies && mended.kept.isEmpty && mended.daemon.scanSeconds == 8)
    }

    @Test func whatWasRemovedOnPurposeDoesNotComeBack() throws {
        try sandbox.settings("scan_seconds = 7\n")
        try sandbox.pipeline("a", "base = \"one\"\n")
        try keep(started())
        try FileManager.default.removeItem(atPath: sandbox.layout.pipelineFile("a"))
        try FileManager.default.removeItem(atPath: sandbox.layout.daemonSettings)
        let second = started()
        #expect(second.pipelines.isEmpty && !second.keptDaemon && second.problems.isEmpty)
        try keep(second)
        try sandbox.pipeline("a", "base = \n")
        try sandbox.settings("scan_seconds = \n")
        #expect(started().pipelines.isEmpty && !started().keptDaemon, "its copy is gone as well")
    }

    @Test func aSettingsFolderThatIsGoneAsAWholeIsNoRemoval() throws {
        try sandbox.settings("scan_seconds = 7\n")
        try sandbox.pipeline("a", "base = \"one\"\n")
        try keep(started())
        try FileManager.default.removeItem(atPath: sandbox.layout.settings)
        let second = started()
        #expect(second.kept == ["a"] && second.keptDaemon && second.daemon.scanSeconds == 7)
        try keep(second)
        #expect(started().kept == ["a"])
    }
}
