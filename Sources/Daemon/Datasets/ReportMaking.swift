import DataQuality
import Foundation
import Ledger
import Nouns
import RowFiles
import Settings
import StageKit

/// Makes the reports of drops and of the dataset, and keeps them.
struct ReportMaking {
    let context: StageContext
    let pipeline: PipelineSettings

    /// The report of a drop of which this was counted; `counts` are those of the dataset before it.
    func report(
        _ drop: DropID, _ statistics: DataStatistics, pairs: [DataReport.SimilarPair],
        contradictions: DataReport.Contradictions, removed: [String: Int],
        against counts: DataStatistics
    ) -> DataReport {
        var report = DataReport(pipeline: pipeline.name, drop: drop, at: Date(), drops: 1)
        statistics.fill(&report)
        report.nearDuplicates.examples = pairs
        report.contradictions = contradictions
        report.drift = Drift.tests(statistics, against: counts)
        finish(&report)
        report.removed = removed
        report.findings = FindingRules.findings(report, pipeline)
        return report
    }

    /// Says in the journal what was found out about a drop.
    func tell(_ report: DataReport, _ drop: Drop) {
        for finding in report.findings {
            context.logger.info(
                "\(drop.name): \(finding.message) \(finding.remedy ?? "")",
                metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.stored"])
        }
    }

    /// The dataset's report as it is now; what was counted is taken from the ledger, or counted anew where that is not
    /// up to date.
    func dataset() throws -> DataReport { try keepDataset(try counts(), isWhole: true) }

    /// What the report's last look at every row is noted by.
    private static let look = "report-rows"

    /// Makes the dataset's report from what was counted, and keeps both. What only all rows tell is as it was last,
    /// until ``WholeLook`` asks for it again.
    ///
    /// - Parameter isWhole: whether every row is looked at in any case.
    @discardableResult
    func keepDataset(_ counts: DataStatistics, isWhole: Bool = false) throws -> DataReport {
        let former = try context.ledger.report(pipeline.name)
        var report = DataReport(pipeline: pipeline.name, at: Date(), drops: counts.drops)
        counts.fill(&report)
        report.nearDuplicates.examples = former?.nearDuplicates.examples ?? []
        report.tokens = former?.tokens
        report.contamination = former?.contamination
        finish(&report)
        let rows = report.allRows
        let last = try WholeLook(context.ledger, pipeline.name, Self.look)
        if let former, !isWhole, last?.isDue(rows: rows) == false {
            (report.contradictions, report.removed) = (former.contradictions, former.removed)
            report.sufficiency = former.sufficiency
        } else {
            try look(&report)
            try WholeLook(rows: rows).keep(context.ledger, pipeline.name, Self.look)
        }
        report.findings = FindingRules.findings(report, pipeline)
        try context.ledger.keep(report, counts: try ContractCoding.encode(counts))
        return report
    }

    /// The dataset's report as it is kept, with what only all rows tell as it is now.
    func upToDate(_ kept: DataReport) throws -> DataReport {
        guard try WholeLook(context.ledger, pipeline.name, Self.look)?.rows != kept.allRows else { return kept }
        var report = kept
        try look(&report)
        report.findings = FindingRules.findings(report, pipeline)
        return report
    }

    private func look(_ report: inout DataReport) throws {
        report.contradictions = try context.ledger.contradictions(pipeline.name)
        report.removed = try context.ledger.removedNow(pipeline.name)
        report.sufficiency = Sufficiency.of(report, points: try curve())
    }

    private func finish(_ report: inout DataReport) {
        report.nearDuplicates.threshold = pipeline.data.nearDuplicateSimilarity
        report.sensitiveAction = pipeline.data.sensitive.rawValue
    }

    /// Counts of all stored drops: as they are kept, or counted anew where those are not of all of them.
    func counts() throws -> DataStatistics {
        if let data = try context.ledger.counts(pipeline.name),
            let counts = try? ContractCoding.decode(DataStatistics.self, from: data),
            counts.drops == (try context.ledger.dropCount(in: .stored, pipeline: pipeline.name))
        {
            return counts
        }
        return try count(Set(try context.ledger.storedDrops(pipeline.name).map(\.id)))
    }

    /// Counts rows from their shards.
    private func count(_ drops: Set<DropID>) throws -> DataStatistics {
        var counts = DataStatistics(drops: drops.count)
        for shard in try context.ledger.shards(pipeline.name) where drops.contains(shard.drop) {
            try RowFile.read(shard.file.path) { row in
                counts.add(row.id, split: row.split, label: row.label, RowLook(RowText.whole(row.content)))
            }
        }
        for drop in drops {
            guard let report = try context.ledger.report(pipeline.name, drop: drop) else { continue }
            counts.nearDuplicates += report.nearDuplicates.rows
            counts.exactDuplicates += report.exactDuplicates
            counts.sensitive.merge(report.sensitive, uniquingKeysWith: +)
        }
        return counts
    }

    /// Training rows and gate loss of past runs, of runs from the base on, whose loss is of one kind.
    private func curve() throws -> [(rows: Int, loss: Double)] {
        let base = try context.effective(pipeline).settings.base
        let judged = try context.ledger.runs(pipeline: pipeline.name, limit: 200).filter {
            $0.purpose == .update && $0.base == base
                && $0.verdict?.figures[.candidate]?[.gate]?[.loss]?.isFinite == true
        }
        guard !judged.isEmpty else { return [] }
        let rows = Dictionary(
            try context.ledger.storedDrops(pipeline.name).map { ($0.id, $0.trainRows) },
            uniquingKeysWith: { first, _ in first })
        func count(_ drops: some Collection<DropID>) -> Int { drops.reduce(0) { $0 + (rows[$1] ?? 0) } }
        return try judged.reversed().compactMap { run in
            guard let loss = run.verdict?.figures[.candidate]?[.gate]?[.loss],
                let trained = try context.ledger.training(run.snapshot)
            else { return nil }
            // What a continuation builds on counts too: the rows of the drops that its model has learnt by then.
            guard run.mode != .fromBase, let parent = run.parent else {
                return trained.rows > 0 ? (trained.rows, loss) : nil
            }
            let all = count(try context.ledger.learnedDrops(parent)) + count(trained.drops)
            return all > 0 ? (all, loss) : nil
        }
    }
}

extension DataReport {
    /// Rows on all sides.
    var allRows: Int { rows.values.reduce(0, +) }
}
