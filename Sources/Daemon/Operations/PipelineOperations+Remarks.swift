import Foundation
import Gating
import Ledger
import Nouns
import Settings
import Statistics

/// What else a person should know of a pipeline, in sentences.
extension PipelineOperations {
    /// Gate rows from which on something is said where what is served is not shown to beat the simplest alternatives.
    private static let enoughRows = 100
    /// Runs among which the newest figures are looked for.
    private static let runsAtMost = 30
    /// Drops whose answers status shows, and those that history takes together.
    private static let shownDrops = 6
    static let rememberedDrops = 1000

    func remarks(_ pipeline: PipelineSettings, _ served: VersionID?) throws -> [String]? {
        var remarks = try standing(pipeline)
        if let served, let sentence = try newRows(served, of: pipeline.name) { remarks.append(sentence) }
        if let served, let sentence = try yardstick(pipeline.name, served) { remarks.append(sentence) }
        let rows = try context.ledger.rowCounts(pipeline.name)[.gate] ?? 0
        if let sentence = GateSizes.sentence(rows: rows, pipeline.data), rows > 0,
            try context.ledger.hasClasses(pipeline.name)
        {
            remarks.append(sentence)
        }
        if let sentence = Self.sentence(try context.ledger.answeredDrops(pipeline.name, limit: Self.shownDrops)) {
            remarks.append(sentence)
        }
        return remarks.isEmpty ? nil : remarks
    }

    /// Records with how each version did on rows that came while it was served.
    func withNewRows(_ records: [PromotionRecord], of pipeline: PipelineName) throws -> [PromotionRecord] {
        let drops = try context.ledger.answeredDrops(pipeline, limit: Self.rememberedDrops)
        let answers = Dictionary(grouping: drops.compactMap(\.answers), by: \.version)
        let remarks = try remarks(on: records, of: pipeline)
        return records.map { record in
            var record = record
            record.newRows = record.version.flatMap { answers[$0] }.flatMap { NewRowsFigure($0) }.map(Self.bounded)
            record.standing = remarks[record.sequence]
            return record
        }
    }

    /// The figure with its interval.
    static func bounded(_ figure: NewRowsFigure) -> NewRowsFigure {
        var figure = figure
        let interval = ProportionInterval.wilson(successes: figure.right, count: figure.asked)
        (figure.lower, figure.upper) = (interval.lower, interval.upper)
        return figure
    }

    /// How what is served does on rows that came after it was chosen; nil where none was asked about.
    private func newRows(_ served: VersionID, of pipeline: PipelineName) throws -> String? {
        let answers = try context.ledger.answers(of: served, in: pipeline, limit: Self.rememberedDrops)
        guard let figure = NewRowsFigure(answers).map(Self.bounded), let lower = figure.lower, let upper = figure.upper
        else { return nil }
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        return """
            of \(figure.asked) rows that came since it was chosen it answers \(text(figure.share)) rightly (95 % \
            interval \(text(lower)) to \(text(upper))); what it was chosen by flatters its gate figures
            """
    }

    /// The course of the answers to new drops, oldest first.
    static func sentence(_ drops: [Drop]) -> String? {
        let shares = drops.compactMap { $0.answers?.share }.map { String(format: "%.2f", $0) }
        guard !shares.isEmpty else { return nil }
        return "new rows answered rightly before they were learnt, drop by drop: \(shares.joined(separator: ", "))"
    }

    /// How what is served compares with the best of the simplest alternatives, by the newest verdict that says so.
    private func yardstick(_ pipeline: PipelineName, _ served: VersionID) throws -> String? {
        for run in try context.ledger.runs(pipeline: pipeline, limit: Self.runsAtMost) {
            guard let verdict = run.verdict, let found = verdict.yardstick, !found.isEmpty else { continue }
            let leads = found.compactMap { finding in
                (run.version == served ? finding.candidate : verdict.baseline == served ? finding.served : nil).map {
                    (finding, $0)
                }
            }
            guard let (best, lead) = leads.max(by: { $0.0.accuracy < $1.0.accuracy }) else { continue }
            return Self.sentence(best, lead)
        }
        return nil
    }

    /// The comparison in one sentence, with what usually helps where nothing is gained.
    static func sentence(_ best: YardstickFinding, _ lead: YardstickFinding.Lead) -> String {
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        func figures(_ them: String) -> String {
            """
            accuracy \(text(best.accuracy + lead.difference)) against \(text(best.accuracy)) of the \
            \(best.alternative.rawValue), the best of \(them), on \(best.rows) gate rows
            """
        }
        let simplest = "the simplest alternatives"
        if lead.lower > 0 { return "what is served is shown to beat \(simplest): \(figures("them"))" }
        guard best.rows >= enoughRows else { return figures(simplest) }
        return """
            what is served is not shown to beat \(simplest): \(figures("them")); more epochs, another base or \
            `ftctl experiment start` usually help
            """
    }
}
