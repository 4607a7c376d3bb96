import Foundation
import Ledger
import Logging
import Nouns
import Settings
import TestSupport
import Testing
import WorkerProtocol

@testable import StageKit

/// Whose work a worker does, and what it may take of the machine by that.
struct ResourceLimitTests {
    private let sandbox: Sandbox
    private let context: StageContext

    init() throws {
        sandbox = try Sandbox()
        try sandbox.settings("[resources]\nmemory_max = \"2G\"\ncpu_weight = 80\n")
        try sandbox.pipeline("p", "base = \"tiny\"\n[resources]\ncpu_weight = 40\nidle = true\n")
        context = StageContext(
            layout: sandbox.layout, ledger: try Ledger(path: sandbox.layout.ledger),
            settings: LiveSettings(SettingsFolder.read(sandbox.layout)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func limits(_ id: String, _ folder: String, _ task: WorkerTask? = nil) -> ResourceLimits {
        context.limits(
            of: WorkerRequest(id: id, directory: folder, task: task ?? .inspect(InspectTask(path: "x", id: "x"))))
    }

    @Test func theWorkOfARunIsItsPipelines() throws {
        try context.ledger.add(
            BaseCard(
                id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                trainingMemoryBytes: 1))
        try context.ledger.add(
            Snapshot(id: "s", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        let run = try #require(
            try context.ledger.queue(taking: []) {
                Run(
                    id: $0, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s", drops: [], recipe: Recipe(),
                    createdAt: Date(), requestedBy: "t")
            })
        for folder in [context.layout.run(run.id), context.layout.rangeTest(run.id)] {
            let limits = limits("\(run.id)-candidate", folder)
            // What the pipeline's file leaves out is that of all.
            #expect(limits.memoryBytes == 2 << 30 && limits.cpuWeight == 40 && limits.ioWeight == 100)
            #expect(limits.isIdle)
        }
        #expect(limits("measure-p", context.layout.scratch("measure-p-7")).cpuWeight == 40)
    }

    @Test func otherWorkHasNoLimits() throws {
        #expect(limits("inspect-tiny", context.layout.scratch("inspect-u1")) == ResourceLimits())
        #expect(limits("r-000009", context.layout.run("r-000009")) == ResourceLimits())
        #expect(limits("prequential-d-1", context.layout.scratch("prequential-p-d-1")) == ResourceLimits())
        #expect(limits("v-0123456789ab-peft", context.layout.exports + "/x") == ResourceLimits())
    }
}
