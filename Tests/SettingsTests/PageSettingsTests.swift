import Foundation
import Places
import TestSupport
import Testing

@testable import Settings

/// What README and docs show of settings files is sound as it stands.
struct PageSettingsTests {
    /// A snippet and the page that shows it.
    struct Shown: CustomTestStringConvertible, Sendable {
        var page: String
        var toml: String
        var testDescription: String { "\(page): \(toml.prefix(40))" }
    }

    static let all: [Shown] = {
        let docs = (try? FileManager.default.subpathsOfDirectory(atPath: TestSupport.repository + "/docs")) ?? []
        return (["README.md"] + docs.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }).flatMap { page in
            ((try? PageSnippets(page).of("toml")) ?? []).map { Shown(page: page, toml: $0) }
        }
    }()

    @Test func thereAreMany() { #expect(Self.all.count >= 10) }

    @Test(arguments: all)
    func isSound(_ shown: Shown) throws {
        let sandbox = try Sandbox()
        try sandbox.settings("minimum_free = \"1M\"\n")
        let engines = sandbox.layout.engineSettings
        try FileManager.default.createDirectory(atPath: engines, withIntermediateDirectories: true)
        // A snippet is of an engine's file, of the daemon's, or else of a pipeline's, whose base may be left out.
        let isOfDaemon = ["[api]", "[engines.", "[pause]"].contains { shown.toml.contains($0) }
        if shown.toml.contains("etc/finetuned/engines/") {
            try shown.toml.write(toFile: engines + "/shown.toml", atomically: true, encoding: .utf8)
        } else if isOfDaemon {
            try sandbox.settings(shown.toml)
        } else {
            try sandbox.pipeline("shown", (shown.toml.contains("base =") ? "" : "base = \"tiny\"\n") + shown.toml)
        }
        let folder = SettingsFolder.read(sandbox.layout)
        #expect(folder.problems.isEmpty, "\(folder.problems)")
        #expect(isOfDaemon || folder.engines.count + folder.pipelines.count == 1)
        let keys = shown.toml.split(separator: "\n").contains { $0.contains("=") }
        #expect(keys, "it sets something")
    }
}
