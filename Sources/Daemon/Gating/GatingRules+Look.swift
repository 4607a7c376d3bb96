import EvaluationMetrics
import Foundation
import Nouns
import Settings

extension GatingRules {
    /// What the gate rows that there are by now say of the served version in one gate.
    package struct GateLook: Sendable {
        package var gate: AnchoredGate
        package var isPrimary: Bool
        package var anchor: VersionID
        package var found: StreamRules.Look
        /// The figures in words.
        package var reason: String
    }

    /// The gates that have an anchor, that of the primary metric first.
    package static func anchored(_ evidence: Evidence, _ settings: GatesSettings) -> [AnchoredGate] {
        let primary = Primary(evidence, settings)
        return [primary.gate] + allGuards(evidence, settings, primary).map(\.gate)
    }

    /// What the gate rows that there are by now say of the served version against the anchor of each gate; nothing of a
    /// gate whose anchor is what is served, or where nothing can be said.
    ///
    /// In the primary metric the served version is to be better than the anchor, in the others not worse by the margin.
    package static func looks(_ evidence: Evidence, _ settings: GatesSettings, seed: UInt64) -> [GateLook] {
        let primary = Primary(evidence, settings)
        let guards = allGuards(evidence, settings, primary)
        let asked = [GuardedGate(gate: primary.gate, margin: 0)] + guards
        return asked.compactMap { one in
            look(evidence, settings, one, isPrimary: one.gate == primary.gate, of: asked.count, seed: seed)
        }
    }

    private static func look(
        _ evidence: Evidence, _ settings: GatesSettings, _ one: GuardedGate, isPrimary: Bool, of gates: Int,
        seed: UInt64
    ) -> GateLook? {
        guard let anchor = isPrimary ? evidence.anchor : evidence.anchor(of: one.gate), let served = evidence.served,
            served.count == anchor.records.count, let metric = MetricRegistry.metric(one.gate.metric),
            metric.direction != .neutral
        else { return nil }
        let chosen = served.indices.filter {
            evidence.isIn(one.gate.set, served[$0]) && matches(one.gate.slice, served[$0], evidence)
        }
        // What is served was chosen by the rows before: another metric than the primary one is shown to be better, and
        // is looked after, by those that came since; that it fell below the margin any of both may say.
        let since = chosen.filter { isSince(served[$0], evidence) }
        func asked(_ rows: [Int]) -> RowsLook? {
            rowsLook(served, anchor, at: rows, metric, settings, margin: one.margin, of: gates, seed: seed)
        }
        let (whole, recent) = (asked(chosen), isPrimary ? nil : asked(since))
        var figures = recent ?? whole
        if whole?.found == .worse, recent?.found != .worse { figures = whole }
        guard let figures else { return nil }
        var found = figures.found
        if !isPrimary, found == .better, recent?.found != .better { found = .undecided }
        return GateLook(
            gate: one.gate, isPrimary: isPrimary, anchor: anchor.version, found: found,
            reason: "on \(figures.rows) gate rows \(one.gate) \(figures.text) of the anchor \(anchor.version)")
    }

    /// Whether a row came after what is served was promoted.
    private static func isSince(_ record: ExampleRecord, _ evidence: Evidence) -> Bool {
        guard let since = evidence.servedSince, let came = record.drop.flatMap({ evidence.dropTimes[$0] }) else {
            return false
        }
        return came > since
    }

    private typealias RowsLook = (found: StreamRules.Look, rows: Int, text: String)

    /// The look by some of the rows; nil where they cannot be compared.
    private static func rowsLook(
        _ served: [ExampleRecord], _ anchor: Evidence.AnchorEvidence, at chosen: [Int], _ metric: Metric,
        _ settings: GatesSettings, margin: Double, of gates: Int, seed: UInt64
    ) -> RowsLook? {
        let (now, before) = (chosen.map { MetricInput(served[$0]) }, chosen.map { MetricInput(anchor.records[$0]) })
        let alpha = Swift.min(Swift.max(1 - settings.confidence, 1e-6), 0.5)
        guard metric.value(now) != nil, metric.value(before) != nil,
            let found = metric.compare(now, before, alpha: alpha, seed: seed),
            let reverse = metric.compare(before, now, alpha: alpha, seed: seed)
        else { return nil }
        let look = StreamRules.look(
            .init(found), reverse: .init(reverse), promotions: anchor.promotions, alpha: alpha, gates: gates,
            margin: margin)
        return (look, found.rows, "\(text(found.candidate)) against \(text(found.reference))")
    }
}
