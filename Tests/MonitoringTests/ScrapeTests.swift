import Foundation
import Ledger
import Monitoring
import Nouns
import OperationsScene
import Settings
import StageKit
import TestSupport
import Testing
import WorkerProtocol

/// What a scrape of a daemon gives.
struct ScrapeTests {
    private func scrape(_ scene: OperationsScene) throws -> [String: String] {
        var found: [String: String] = [:]
        for line in try scene.operations.metrics.text().split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            // Each series once.
            #expect(found.updateValue(String(parts.last ?? ""), forKey: parts.dropLast().joined(separator: " ")) == nil)
        }
        return found
    }

    @Test func whatTheLedgerKnowsIsAskedOfTheLedger() throws {
        let scene = try OperationsScene()
        let (first, second) = (try scene.queue().id, try scene.queue().id)
        try scene.context.apply(first, .workerStarted(resumes: false))
        try scene.context.apply(second, .failed(Failure(code: "test.x", "It broke.")))
        let found = try scrape(scene)
        #expect(found[#"finetuned_runs{pipeline="support",state="training"}"#] == "1")
        #expect(found[#"finetuned_runs{pipeline="support",state="failed"}"#] == "1")
        #expect(found[#"finetuned_runs_ended_total{pipeline="support",outcome="failed"}"#] == "1")
        #expect(found[#"finetuned_runs_ended_total{pipeline="support",outcome="rejected"}"#] == "0")
        #expect(found[#"finetuned_run_oldest_wait_seconds{pipeline="support"}"#] == "0")
        #expect(found["finetuned_ready"] == "1")
    }

    @Test func theRunAtWorkTellsOfItsLastStep() throws {
        let scene = try OperationsScene()
        let run = try scene.queue().id
        try scene.context.apply(run, .workerStarted(resumes: false))
        for (step, loss) in [(3, 1.25), (4, 1.5)] {
            var event = WorkerEvent(.step)
            event.step = StepReport(
                step: step, steps: 60, epoch: 1, loss: loss, gradientNorm: 1, learningRate: 1, tokens: 10,
                labelTokens: 5, tokensPerSecond: 100, memoryBytes: 1)
            scene.context.feed.tell(run, .training, event: event)
        }
        let found = try scrape(scene)
        #expect(found[#"finetuned_run_step{pipeline="support"}"#] == "4")
        #expect(found[#"finetuned_run_planned_steps{pipeline="support"}"#] == "60")
        #expect(found[#"finetuned_run_loss{pipeline="support"}"#] == "1.5")
    }

    @Test func aDaemonThatCannotUseItsLedgerIsNotReady() throws {
        let scene = try OperationsScene()
        scene.context.problems.set("ledger", Failure(code: "ledger.io", "I/O."))
        #expect(try scrape(scene)["finetuned_ready"] == "0")
        #expect(try scrape(scene)["finetuned_problems"] == "1")
    }

    /// Counters begin with the daemon, and what a pipeline that is gone has counted stays as it was.
    @Test func countersNeverGoBack() throws {
        let scene = try OperationsScene()
        scene.context.meters.count(.drops, "gone", "stored")
        let before = try scrape(scene)
        for _ in 0..<3 {
            try scene.context.apply(try scene.queue().id, .failed(Failure(code: "test.x", "It broke.")))
            scene.context.meters.count(.requests, "GET /v1/status", "200", "")
            let after = try scrape(scene)
            for (series, value) in before where series.contains("_total") {
                #expect(Double(after[series] ?? "") ?? -1 >= Double(value) ?? 0, "\(series)")
            }
        }
        #expect(try scrape(scene)[#"finetuned_drops_total{pipeline="gone",outcome="stored"}"#] == "1")
    }

    /// A pipeline adds few series, and runs, drops and versions add none.
    @Test func theNumberOfSeriesIsBounded() throws {
        let scene = try OperationsScene()
        let before = try scrape(scene).count
        #expect(before < 120)
        for _ in 0..<30 { _ = try scene.queue() }
        #expect(try scrape(scene).count <= before + 1)
        let pipelines = (0..<2).map { "other\($0)" }
        for name in pipelines { try scene.sandbox.pipeline(name, "base = \"tiny\"\n") }
        scene.context.settings.replace(SettingsFolder.read(scene.sandbox.layout))
        #expect(try scrape(scene).count < 200)
    }

    @Test func sizesOfStoresAreThoseThatWereFoundLast() throws {
        let scene = try OperationsScene()
        try Data(repeating: 1, count: 5000).write(to: URL(filePath: scene.sandbox.layout.runs + "/x"))
        #expect(try scrape(scene)[#"finetuned_store_size_bytes{store="runs"}"#] == nil)
        scene.operations.metrics.stores.look()
        #expect(try scrape(scene)[#"finetuned_store_size_bytes{store="runs"}"#] == "5000")
    }

    @Test(.enabled(if: Promtool.isThere, Promtool.absence))
    func promtoolHasNothingToSay() async throws {
        let scene = try OperationsScene()
        scene.context.meters.count(.requests, "GET /v1/status", "200", "")
        scene.context.meters.observe(.firstToken, 0.3)
        for family in MetricFamily.all where family.kind == .counter {
            scene.context.meters.add(family, 1, family.labels.map { _ in "x" })
        }
        let path = scene.sandbox.root + "/metrics"
        try Data(try scene.operations.metrics.text().utf8).write(to: URL(filePath: path))
        #expect(try await Promtool.complaint("check metrics < \(path)", in: scene.sandbox) == nil)
    }
}
