import Foundation
import Nouns
import Places
import TestSupport
import Testing

@testable import Settings

/// Which folders settings may name as drop folders.
struct DropFoldersTests {
    private let sandbox: Sandbox
    init() throws { sandbox = try Sandbox() }

    /// The settings with one pipeline for each folder, named `a`, `b` and so on.
    private func read(_ folders: [String]) throws -> SettingsFolder {
        let layout = sandbox.layout
        try FileManager.default.createDirectory(
            atPath: layout.pipelineSettings, withIntermediateDirectories: true)
        for (index, folder) in folders.enumerated() {
            let name = PipelineName(String(UnicodeScalar(UInt8(97 + index))))
            try Data("base = \"tiny\"\ndrop = \"\(folder)\"\n".utf8)
                .write(to: URL(filePath: layout.pipelineFile(name)))
        }
        return SettingsFolder.read(layout)
    }

    @Test(arguments: [
        "", "/var/lib", "/var/lib/finetuned", "/var/lib/finetuned/models/x", "/var/lib/finetuned/drop",
        "/var/lib/finetuned/drop/other", "/etc/finetuned/pipelines", "/run", "/run/x", "/etc", "/var/../etc/finetuned",
    ])
    func whatIsTheDaemonsOwnIsRefused(_ place: String) throws {
        let folder = try read([sandbox.layout.root + place])
        #expect(folder.problems.map(\.code) == ["settings.drop_folder"], "\(folder.problems)")
        #expect(folder.pipelines.isEmpty)
    }

    @Test func itsOwnFolderMayBeNamed() throws {
        let folder = try read([sandbox.layout.drop("a")])
        #expect(folder.problems.isEmpty && folder.pipelines.count == 1)
    }

    @Test(arguments: [("/srv/in", "/srv/in"), ("/srv/in", "/srv/in/deep"), ("/srv/in/deep", "/srv/in/")])
    func foldersOfTwoPipelinesHaveNothingInCommon(_ first: String, _ second: String) throws {
        let folder = try read([first, second])
        #expect(folder.problems.map(\.code) == ["settings.shared_folder"], "\(folder.problems)")
        #expect(folder.pipelines.map(\.name) == ["a"])
        #expect(try read(["/srv/in", "/srv/inner"]).problems.isEmpty)
    }
}
