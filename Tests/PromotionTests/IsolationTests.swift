import Foundation
import Ledger
import Logging
import Nouns
import Settings
import StageKit
import TestSupport
import Testing

@testable import Promotion

/// A pipeline whose link cannot be made keeps no other from being served.
struct IsolationTests {
    @Test func aLinkThatCannotBeMadeHoldsUpNoOtherPipeline() throws {
        let sandbox = try Sandbox()
        for name in ["a", "b"] { try sandbox.pipeline(name, "base = \"tiny\"\n") }
        let ledger = try Ledger(path: sandbox.layout.ledger)
        let context = StageContext(
            layout: sandbox.layout, ledger: ledger, settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        for name: PipelineName in ["a", "b"] {
            try serve(VersionID("v-\(name)"), of: name, ledger)
            try FileManager.default.createDirectory(
                atPath: sandbox.layout.models(name), withIntermediateDirectories: true)
        }
        // A folder lies where the first pipeline's link should be.
        try FileManager.default.createDirectory(
            atPath: sandbox.layout.current("a") + "/in-the-way", withIntermediateDirectories: true)
        let promotion = PromotionService(context)
        try promotion.pass()
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current("b")) == "v-b")
        #expect(context.problems.all(prefix: "promotion:pipeline:a").count == 1 && context.problems.count == 1)
        try FileManager.default.removeItem(atPath: sandbox.layout.current("a"))
        try promotion.pass()
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: sandbox.layout.current("a")) == "v-a")
        #expect(context.problems.count == 0)
    }

    /// Records that a version is served.
    private func serve(_ id: VersionID, of pipeline: PipelineName, _ ledger: Ledger) throws {
        let snapshot = SnapshotID("s-\(pipeline)")
        try ledger.add(
            Snapshot(id: snapshot, pipeline: pipeline, createdAt: Date(), drops: [], files: [:], rows: [:]))
        let queued = try ledger.queue(taking: []) {
            Run(
                id: $0, pipeline: pipeline, mode: .fromBase, base: "tiny", snapshot: snapshot, drops: [],
                recipe: Recipe(), createdAt: Date(), requestedBy: "t")
        }
        let run = try #require(queued)
        for event in RunEvent.path(to: .accepted) { _ = try ledger.apply(run.id, event) }
        try ledger.add(
            ModelVersion(
                id: id, pipeline: pipeline, run: run.id, base: "tiny", baseDigest: "abc", adapters: [],
                snapshot: snapshot, recipe: Recipe(), createdAt: Date(), code: "c", machine: "m"))
        _ = try ledger.promote(pipeline, to: id, run: run.id, kind: .automatic, who: "finetuned", reason: "better")
    }
}
