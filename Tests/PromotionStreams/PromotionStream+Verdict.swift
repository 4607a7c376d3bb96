import Gating
import Statistics

extension PromotionStream {
    enum Verdict { case pass, fail, inconclusive }

    /// The verdict on a model that was judged `tries` times before.
    func verdict(_ candidate: Model, _ gate: [Int], tries: Int) -> Verdict {
        let margin = Setting.margin
        let (found, reverse) = differences(candidate, served, gate)
        func isWorse(_ reverse: StreamRules.Difference) -> Bool {
            reverse.difference > margin && reverse.pValue(margin) <= Setting.alpha
        }
        switch setting.rule {
        case .strict:
            if isWorse(reverse) { return .fail }
            return found.pValue(-margin) <= Setting.alpha && found.difference > 0 && found.pValue(0) <= Setting.alpha
                ? .pass : .inconclusive
        case .memoryless:
            return isWorse(reverse) ? .fail : found.pValue(-margin) <= Setting.alpha ? .pass : .inconclusive
        case .stream: break
        }
        let held = anchor.map { differences(candidate, $0, gate) }
        let follows = StreamRules.follows(served: found, anchor: held?.0, margin: margin)
        let holds =
            !follows
            && StreamRules.holds(
                served: found, anchor: held?.0, promotions: promotions, margin: margin, alpha: Setting.alpha,
                tries: tries)
        if !follows, !holds {
            return isWorse(reverse) || held.map { isWorse($0.1) } ?? false ? .fail : .inconclusive
        }
        guard setting.second != nil else { return .pass }
        // Guards: not worse than what is served, nor than their anchor.
        func isNotWorse(_ other: Model, _ level: Double) -> Bool {
            StreamRules.Difference(quick: Self.second(candidate, other, rows, gate)).pValue(-margin) <= level
        }
        let isAbove = (secondAnchor ?? anchor).map { isNotWorse($0, StreamRules.guarding(Setting.alpha)) } ?? true
        return isAbove && isNotWorse(served, Setting.alpha) ? .pass : .inconclusive
    }

    /// One model against another on rows, and the other against it.
    func differences(_ model: Model, _ other: Model, _ gate: [Int]) -> (StreamRules.Difference, StreamRules.Difference)
    {
        if setting.measure == .accuracy {
            let table = Self.table(gate, { isRight(model, $0) }, { isRight(other, $0) })
            return (.init(quick: table), .init(quick: table.reversed))
        }
        let losses = gate.map {
            model.skills.of(rows.isNew[$0]) - other.skills.of(rows.isNew[$0]) + other.own[$0] - model.own[$0]
        }
        return (.init(quick: losses), .init(quick: losses.map { -$0 }))
    }

    /// The second metric of one model against that of another.
    static func second(_ model: Model, _ other: Model, _ rows: Rows, _ gate: [Int]) -> PairedProportions {
        table(
            gate, { model.skills.second + rows.secondDifficulty[$0] + model.second[$0] > 0 },
            { other.skills.second + rows.secondDifficulty[$0] + other.second[$0] > 0 })
    }

    private static func table(_ gate: [Int], _ first: (Int) -> Bool, _ second: (Int) -> Bool) -> PairedProportions {
        var (gained, lost) = (0, 0)
        for row in gate {
            let (now, before) = (first(row), second(row))
            if now, !before { gained += 1 }
            if !now, before { lost += 1 }
        }
        return PairedProportions(count: gate.count, gained: gained, lost: lost)
    }
}

extension PairedProportions {
    var reversed: PairedProportions { PairedProportions(count: count, gained: lost, lost: gained) }
}

extension StreamRules.Difference {
    /// The same with Tango's score in the place of the exact test where that is far from every level that a stream
    /// asks for, since the exact one takes a thousand times as long.
    init(quick table: PairedProportions) {
        self.init(table)
        let exact = pValue
        pValue = { threshold in
            let estimate = table.estimatedPValue(above: threshold)
            return threshold != 0 && (estimate < 1e-6 || estimate > 0.07) ? estimate : exact(threshold)
        }
    }

    /// The mean of differences by row as ``PairedComparison`` tests it, with a tenth of its resamples; by Student's
    /// test where that is far from every level at which a stream asks for "better".
    init(quick differences: [Double]) {
        let deviation = Summary.deviation(differences)
        let error = max(deviation / Double(max(1, differences.count)).squareRoot(), 1e-12)
        let mean = Summary.mean(differences)
        let student: @Sendable (Double) -> Double = { threshold in
            StudentTDistribution.survival((mean - threshold) / error, degrees: Double(max(1, differences.count - 1)))
        }
        self.init(
            difference: mean, standardError: error,
            pValue: { threshold in
                let estimate = student(threshold)
                guard threshold == 0, estimate > 0.0005, estimate < 0.25 else { return estimate }
                return PairedBootstrap.mean(of: differences, seed: 7, resamples: 1_000)?.pValue ?? 1
            }, estimatedPValue: student)
    }
}
