import Compression
import Contracts
import DataQuality
import Foundation
import Ledger
import Platform
import ServiceLifecycle
import Settings
import Stages
import Supervision

/// Takes stored drops; gives their reports what takes longer to find: token lengths by the base's tokenizer (a worker counts them), and how
/// far the training rows hold parts of the gate rows. Nobody waits for it, and it waits for those who store.
package struct DatasetExaminer: Service {
    /// Rows of a drop, or of several small ones, that one worker counts; of a larger drop every n-th row is counted.
    private static let rowsAtOnce = 10_000

    let context: StageContext
    let service: DatasetService
    let launcher: any WorkerLauncher

    package init(_ context: StageContext, service: DatasetService, launcher: any WorkerLauncher) {
        self.context = context
        self.service = service
        self.launcher = launcher
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for pipeline in context.settings.pipelines where pipeline.enabled && !Task.isCancelled { await examine(pipeline) }
                await context.bells.examination.wait(atMost: .seconds(600))
            }
        }
    }

    /// Brings one pipeline's reports up to date, unless drops wait to be stored: then it comes again after them.
    func examine(_ pipeline: PipelineSettings) async {
        do {
            guard try context.ledger.drops(in: .validated, pipeline: pipeline.name).isEmpty else { return }
            try await measure(pipeline)
            try await contaminate(pipeline)
        } catch is CancellationError {
            return
        } catch {
            let failure = StageContext.failure(error, code: "datasets.examine")
            context.logger.warning("\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "stage.failed", "stage": "datasets"])
        }
    }

    // MARK: - Tokens

    private func measure(_ pipeline: PipelineSettings) async throws {
        // Without its base a pipeline has no tokenizer yet; that is said elsewhere.
        guard let card = try context.ledger.base(pipeline.base) else { return }
        let wanted = TokenCounts(base: card.tokenizerDigest, maxLength: pipeline.recipe.maxLength)
        var all = wanted
        var missing: [DropID] = []
        for drop in try context.ledger.storedDrops(pipeline.name) {
            if let data = try context.ledger.counts(pipeline.name, drop: drop.id), let counts = try? ContractCoding.decode(TokenCounts.self, from: data),
                counts.base == wanted.base, counts.maxLength == wanted.maxLength
            {
                all.merge(counts)
            } else if try context.ledger.report(pipeline.name, drop: drop.id) != nil {
                missing.append(drop.id)
            }
        }
        guard !missing.isEmpty else { return }
        while !missing.isEmpty {
            let batch = Array(missing.prefix(100))
            missing.removeFirst(batch.count)
            for (drop, counts) in try await count(batch, pipeline, card, wanted) {
                all.merge(counts)
                guard var report = try context.ledger.report(pipeline.name, drop: drop) else { continue }
                report.tokens = counts.report
                report.findings = FindingRules.findings(report, pipeline)
                try context.ledger.keep(report, counts: try ContractCoding.encode(counts))
            }
        }
        try amend(pipeline) { $0.tokens = all.report }
    }

    /// Changes the dataset's report as it is now, while nobody else does.
    private func amend(_ pipeline: PipelineSettings, _ change: (inout DataReport) -> Void) throws {
        try service.turn.taken {
            guard var report = try context.ledger.report(pipeline.name) else { return }
            change(&report)
            report.findings = FindingRules.findings(report, pipeline)
            try context.ledger.keep(report)
        }
    }

    /// One line of a worker's `measure.jsonl`.
    private struct Measurement: Decodable {
        var row: RowID
        var tokens: Int
        var labels: Int
        var truncated: Int
        var problem: String?
    }

    private func count(_ drops: [DropID], _ pipeline: PipelineSettings, _ card: BaseCard, _ empty: TokenCounts) async throws -> [DropID: TokenCounts] {
        let folder = context.layout.state + "/runs/.measure-\(pipeline.name)-\(UInt32.random(in: 0...UInt32.max))"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var owners: [RowID: DropID] = [:]
        let writer = try ShardWriter(folder: folder)
        let shards = try context.ledger.shards(pipeline.name)
        for drop in drops {
            let files = shards.filter { $0.drop == drop }.map(\.file)
            let every = max(1, files.reduce(0) { $0 + ($1.rows ?? 0) } * drops.count / Self.rowsAtOnce)
            var number = 0
            for file in files {
                try RowFile.read(file.path) { row in
                    if number.isMultiple(of: every) {
                        owners[row.id] = drop
                        try writer.write(row)
                    }
                    number += 1
                }
            }
        }
        var counts = Dictionary(uniqueKeysWithValues: drops.map { ($0, empty) })
        guard !owners.isEmpty else { return counts }
        let task = MeasureTask(model: context.modelReference(card), rows: [try writer.finish()], maxLength: empty.maxLength)
        let request = WorkerRequest(id: "measure-\(pipeline.name)", directory: folder, task: .measure(task), threads: 1)
        let result: WorkerResult
        do { result = try await launcher.run(request, silence: .seconds(context.settings.daemon.workerSilenceSeconds)) { _ in } } catch let end as WorkerEnd {
            guard let failure = end.failure else { throw CancellationError() }
            throw failure
        }
        guard let file = result.files?.first, let data = FileManager.default.contents(atPath: file.path) else { return [:] }
        for line in data.split(separator: 10) {
            let row = try ContractCoding.decode(Measurement.self, from: Data(line))
            guard let drop = owners[row.row] else { continue }
            counts[drop]?.add(tokens: row.tokens, labels: row.labels, truncated: row.truncated, usable: row.problem == nil)
        }
        return counts
    }

    // MARK: - Contamination

    /// Compares training rows with gate rows where either changed since the last time.
    private func contaminate(_ pipeline: PipelineSettings) async throws {
        let shards = try context.ledger.shards(pipeline.name)
        let state = Digest.sha256(Data(shards.filter { $0.split != .validation }.map(\.file.sha256).sorted().joined(separator: "\n").utf8))
        guard !shards.isEmpty, try context.ledger.mark(pipeline.name, "contamination") != state else { return }
        let gate = shards.filter { $0.split == .gate }.map(\.file)
        let train = shards.filter { $0.split == .train }.map(\.file)
        let found = try await OwnThread.run { isCancelled in
            var grams = GateGrams()
            for file in gate { try RowFile.read(file.path) { grams.add($0.id, NormalisedText(RowText.whole($0.content))) } }
            for file in train {
                if isCancelled() { throw CancellationError() }
                try RowFile.read(file.path) { grams.check($0.id, NormalisedText(RowText.whole($0.content))) }
            }
            return grams.result()
        }
        try amend(pipeline) { $0.contamination = found }
        try context.ledger.setMark(pipeline.name, "contamination", state)
    }
}
