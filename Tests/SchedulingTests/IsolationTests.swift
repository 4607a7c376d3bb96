import Foundation
import Nouns
import Settings
import StageKit
import TestSupport
import Testing

@testable import Scheduling

/// A pipeline that nothing can be decided for keeps no other from its run.
struct IsolationTests {
    @Test func aMissingBaseHoldsUpNoOtherPipeline() throws {
        let scene = try LineageTests()
        try scene.sandbox.pipeline("a", "base = \"absent\"\n")
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        try scene.store("d-1")
        let run = try #require(try scene.queued())
        #expect(run.pipeline == "p")
        let problems = scene.context.problems.all(prefix: "pipeline:a")
        #expect(problems.map(\.code) == ["base.unknown"] && problems.first?.place?.hasSuffix("a.toml, base") == true)
        #expect(scene.service.activity["a"]?.contains("absent") == true)
        #expect(scene.context.problems.count == 1)
    }
}
