import DataQuality
import Foundation
import JSONText
import Launching
import Ledger
import Nouns
import Platform
import Reports
import RowFiles
import RowFormats
import ServiceLifecycle
import Settings
import StageKit
import WorkerProtocol

/// Takes stored drops; gives their reports what takes longer to find: token lengths by the base's tokenizer (a worker
/// counts them), and how far the training rows hold parts of the gate rows. Nobody waits for it, and it waits for those
/// who store.
package struct DatasetExaminer: Service {
    /// Drops that one worker counts.
    private static let dropsAtOnce = 100
    /// Rows that cannot be trained on which a report names, of each drop.
    private static let listed = 1000
    /// Measurements that are read at a time.
    private static let linesAtOnce = 2048

    let context: StageContext
    let service: DatasetService
    let launcher: any WorkerRunner
    private let loop: StageLoop
    private let sums = TokenSums()

    package init(_ context: StageContext, service: DatasetService, launcher: any WorkerRunner) {
        self.context = context
        self.service = service
        self.launcher = launcher
        loop = StageLoop(
            "examination", code: "datasets.examine", context, bell: context.bells.examination, every: .seconds(600))
    }

    package func run() async throws {
        await loop.run {
            try await loop.each(
                context.settings.pipelines.filter(\.enabled), as: "pipeline", key: \.name.rawValue,
                about: { ["pipeline": "\($0.name)"] }
            ) { try await examine($0) }
        }
    }

    /// Brings one pipeline's reports up to date, unless drops wait to be stored: then it comes again after them.
    func examine(_ pipeline: PipelineSettings) async throws {
        guard try context.ledger.dropCount(in: .validated, pipeline: pipeline.name) == 0 else { return }
        // Rows are counted as runs would take them: by the base that won, and to the length that was adopted.
        let pipeline = try context.effective(pipeline).settings
        try await measure(pipeline)
        try contaminate(pipeline)
    }

    // MARK: - Tokens

    private func measure(_ pipeline: PipelineSettings) async throws {
        // Without its base a pipeline has no tokenizer yet; that is said elsewhere.
        guard let card = try context.ledger.base(pipeline.base) else { return }
        let wanted = TokenCounts(
            base: card.tokenizerDigest, maxLength: pipeline.recipe.longest(in: card.contextLength),
            truncate: pipeline.data.truncate, pairs: pipeline.recipe.trainsPairs,
            longestAnswer: pipeline.gates.maxNewTokens)
        var sum = try sums.sum(pipeline.name, of: context.ledger.storedDropIDs(pipeline.name), like: wanted) { drop in
            try context.ledger.counts(pipeline.name, drop: drop).flatMap {
                try? ContractCoding.decode(TokenCounts.self, from: $0)
            }
        }
        defer { sums.keep(sum, of: pipeline.name) }
        var missing = try sum.missing.filter { try context.ledger.report(pipeline.name, drop: $0) != nil }
        while !missing.isEmpty {
            let batch = Array(missing.prefix(Self.dropsAtOnce))
            missing.removeFirst(batch.count)
            for (drop, measured) in try await count(batch, pipeline, card, wanted) {
                guard var report = try context.ledger.report(pipeline.name, drop: drop) else { continue }
                report.tokens = measured.counts.report
                report.tokens?.problems = measured.problems
                report.tokens?.problemCounts = measured.problemCounts
                tell(measured.problemCounts, pipeline, drop)
                report.findings = FindingRules.findings(report, pipeline)
                try context.ledger.keep(report, counts: try ContractCoding.encode(measured.counts))
                // What could not be kept is counted again.
                sum.add(measured.counts, of: drop)
            }
        }
        // A report that was made anew, as after a withdrawal, has none.
        guard !sum.drops.isEmpty, try context.ledger.report(pipeline.name)?.tokens != sum.counts.report else { return }
        try amend(pipeline) { $0.tokens = sum.counts.report }
    }

    /// Says in the journal that rows of a drop will not be learnt from as they are. What is only answered too briefly
    /// is said of the dataset.
    private func tell(_ found: [String: Int], _ pipeline: PipelineSettings, _ drop: DropID) {
        let counts = found.filter { ProblemCode(rawValue: $0.key)?.severity == .error }
        let rows = counts.values.reduce(0, +)
        guard rows > 0 else { return }
        let codes = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        context.logger.warning(
            """
            \(Quantity.counted(rows, "row")) of the drop will be left out of training (\(codes)): \
            `ftctl data show \(drop)` names them
            """,
            metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop)", "event": "drop.rows-rejected"])
    }

    /// Changes the dataset's report as it is now, while nobody else does.
    private func amend(_ pipeline: PipelineSettings, _ change: (inout DataReport) -> Void) throws {
        try service.turns.taken(pipeline.name) {
            guard var report = try context.ledger.report(pipeline.name) else { return }
            change(&report)
            report.findings = FindingRules.findings(report, pipeline)
            try context.ledger.keep(report)
        }
    }

    /// What a worker says of one drop's rows.
    private struct Measured {
        var counts: TokenCounts
        var problems: [RowProblem] = []
        var problemCounts: [String: Int] = [:]
    }

    private func count(_ drops: [DropID], _ pipeline: PipelineSettings, _ card: BaseCard, _ empty: TokenCounts)
        async throws -> [DropID: Measured]
    {
        var measured = Dictionary(uniqueKeysWithValues: drops.map { ($0, Measured(counts: empty)) })
        let files = try drops.flatMap { try context.ledger.shards(pipeline.name, drop: $0).map(\.file) }
        guard !files.isEmpty else { return measured }
        let folder = context.layout.scratch("measure-\(pipeline.name)-\(UInt32.random(in: 0...UInt32.max))")
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let task = MeasureTask(
            model: context.modelReference(card, recipe: try context.prepared(pipeline.recipe, card)), rows: files,
            maxLength: empty.maxLength,
            pairs: pipeline.recipe.trainsPairs)
        let request = WorkerRequest(
            id: "measure-\(pipeline.name)", directory: folder, task: .measure(task),
            threads: context.settings.daemon.workerThreads)
        let result: WorkerResult
        do {
            result = try await launcher.run(request, silence: .seconds(context.settings.daemon.workerSilenceSeconds)) {
                _ in
            }
        } catch let end as WorkerEnd {
            guard let failure = end.failure else { throw CancellationError() }
            throw failure
        }
        guard let file = result.files?.first else { return [:] }
        try JSONLines.batches(file.path, atOnce: Self.linesAtOnce) { batch in
            for row in try Parallel.slices(0..<batch.count, { slice in try slice.map(batch.measurement) }).joined() {
                measured[row.drop]?.counts.add(
                    tokens: row.tokens, labels: row.labels, truncated: row.truncated, usable: row.problem == nil)
                if var problem = TokenRules.problem(
                    row, maxLength: empty.maxLength, truncate: pipeline.data.truncate,
                    longestAnswer: pipeline.gates.maxNewTokens)
                {
                    (problem.line, problem.file) = (row.line, row.file)
                    measured[row.drop]?.problemCounts[problem.code, default: 0] += 1
                    if problem.code == TokenCounts.cut {
                        let before = measured[row.drop]?.counts.cutAnswers ?? 0
                        measured[row.drop]?.counts.cutAnswers = before + 1
                    }
                    if measured[row.drop]?.problems.count ?? 0 < Self.listed {
                        measured[row.drop]?.problems.append(problem)
                    }
                }
            }
        }
        for drop in drops { measured[drop]?.problems.sort { ($0.file ?? "", $0.line) < ($1.file ?? "", $1.line) } }
        return measured
    }

    // MARK: - Contamination

    /// What the last comparison of training rows with gate rows is noted by.
    private static let comparison = "contamination"

    /// Compares training rows with gate rows where either changed since the last time, as ``WholeLook`` asks for it.
    private func contaminate(_ pipeline: PipelineSettings) throws {
        let last = try WholeLook(context.ledger, pipeline.name, Self.comparison)
        let report = try context.ledger.report(pipeline.name)
        let rows = report?.allRows ?? 0
        // A report that was made anew, as after a withdrawal, has nothing of it.
        let isMissing = report?.contamination == nil
        guard isMissing || last?.isDue(rows: rows) != false else { return }
        let shards = try context.ledger.shards(pipeline.name)
        let state = Digest.sha256(
            Data(shards.filter { $0.split != .validation }.map(\.file.sha256).sorted().joined(separator: "\n").utf8))
        guard !shards.isEmpty, isMissing || last?.state != state else { return }
        let search = ContaminationSearch(
            gate: shards.filter { $0.split == .gate }.map(\.file.path),
            train: shards.filter { $0.split == .train }.map(\.file.path))
        let found = try search.run()
        try amend(pipeline) { $0.contamination = found }
        try WholeLook(rows: rows, state: state).keep(context.ledger, pipeline.name, Self.comparison)
    }
}
