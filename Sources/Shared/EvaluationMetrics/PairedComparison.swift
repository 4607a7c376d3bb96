import Statistics

/// Two models on the same rows under one metric, with the bounds of their difference.
package struct PairedComparison: Sendable {
    /// Values of the candidate and of what it is compared with.
    package var candidate: Double
    package var reference: Double
    /// Candidate − reference, turned so that positive is better; so are the bounds.
    package var difference: Double
    /// One-sided bounds at the level asked for.
    package var lower: Double
    package var upper: Double
    /// One-sided p-value of "not better".
    package var superiority: Double
    package var rows: Int
    /// How the numbers came about, in words.
    package var test: String
    /// The counts behind a share, for sample sizes.
    var table: PairedProportions?
    /// The standard deviation of one row's difference.
    var deviation: Double

    /// The one-sided p-value of "the true difference is not above `threshold`".
    package func pValue(above threshold: Double) -> Double {
        if let table { return threshold == 0 ? superiority : table.nonInferiorityPValue(margin: -threshold) }
        if threshold == 0 { return superiority }
        let error = deviation / Double(rows).squareRoot()
        guard error > 0 else { return difference > threshold ? 0 : 1 }
        return StudentTDistribution.survival((difference - threshold) / error, degrees: Double(rows - 1))
    }

    /// The standard error of the difference; of counts with half a discordant row more, so that it is never 0.
    package var standardError: Double {
        guard let table else { return deviation / Double(max(rows, 1)).squareRoot() }
        return table.standardError
    }

    /// The p-value of "the true difference is not above `threshold`" as an estimate, without the certainty of an exact
    /// test: by Tango's score for counts.
    package func estimatedPValue(above threshold: Double) -> Double {
        table?.estimatedPValue(above: threshold) ?? pValue(above: threshold)
    }

    /// About how many rows would show "better than −margin", if the observed difference is the true one.
    ///
    /// Nil when no number would: the observed difference does not lie above −margin.
    package func rowsNeeded(margin: Double, alpha: Double) -> Int? {
        guard let table else {
            return SampleSize.pairedMeans(difference: difference, deviation: deviation, margin: margin, alpha: alpha)
                .map { max($0, rows + 1) }
        }
        // Few discordant rows say little about how many there will be: one more is assumed.
        let discordance = Double(table.discordant + 1) / Double(table.count + 1)
        let powered = SampleSize.pairedProportions(
            difference: difference, discordance: discordance, margin: margin, alpha: alpha)
        return powered.map { max($0, SampleSize.flawless(margin: difference + margin, alpha: alpha) ?? 0, rows + 1) }
    }
}

extension Metric {
    /// Compares two models; nil when a row lacks the metric, the rows differ in number, or there are fewer than two.
    package func compare(
        _ candidate: [MetricInput], _ reference: [MetricInput], alpha: Double, seed: UInt64,
        resamples: Int = PairedBootstrap.defaultResamples
    ) -> PairedComparison? {
        let (candidate, reference) = (ofItsKind(candidate), ofItsKind(reference))
        guard candidate.count == reference.count, candidate.count > 1,
            let first = value(candidate), let second = value(reference)
        else { return nil }
        switch kind {
        case .share(let holds):
            guard let a = all(candidate, holds), let b = all(reference, holds) else { return nil }
            return share(a, b, first, second, alpha)
        case .shareOrHalf(let value):
            guard let a = all(candidate, value), let b = all(reference, value) else { return nil }
            if (a + b).allSatisfy({ $0 == 0 || $0 == 1 }) {
                return share(a.map { $0 == 1 }, b.map { $0 == 1 }, first, second, alpha)
            }
            return mean(zip(a, b).map { sign * ($0 - $1) }, 1, first, second, alpha, seed, resamples)
        case .mean(let limit, let value):
            guard let a = all(candidate, value), let b = all(reference, value) else { return nil }
            return mean(zip(a, b).map { sign * ($0 - $1) }, limit, first, second, alpha, seed, resamples)
        case .ratio(let parts):
            guard let a = all(candidate, parts), let b = all(reference, parts) else { return nil }
            if zip(a, b).allSatisfy({ $0.1 == $1.1 }) {
                // With equal denominators the difference is a mean over rows: each row's share of it, times the rows.
                let unit = a.reduce(0) { $0 + $1.1 } / Double(a.count)
                return mean(zip(a, b).map { sign * ($0.0 - $1.0) / unit }, nil, first, second, alpha, seed, resamples)
            }
            return resampled(first, second, candidate.count, alpha, seed, resamples) { weights in
                func ratio(_ pairs: [(Double, Double)]) -> Double {
                    var (top, bottom) = (0.0, 0.0)
                    for (pair, weight) in zip(pairs, weights) {
                        top += Double(weight) * pair.0
                        bottom += Double(weight) * pair.1
                    }
                    return top / bottom
                }
                return ratio(a) - ratio(b)
            }
        case .corpus(let counts, let score):
            guard let a = all(candidate, counts), let b = all(reference, counts) else { return nil }
            return resampled(first, second, candidate.count, alpha, seed, resamples) { weights in
                score(Metric.sum(a, weights: weights)) - score(Metric.sum(b, weights: weights))
            }
        case .labels(let predicted, let score):
            guard let a = all(candidate, predicted), let b = all(reference, predicted) else { return nil }
            let classes = Set(candidate.compactMap(\.label)).sorted()
            let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
            let truth = candidate.map { index[$0.label ?? ""] ?? -1 }
            let (x, y) = (a.map { index[$0] ?? classes.count }, b.map { index[$0] ?? classes.count })
            return resampled(first, second, candidate.count, alpha, seed, min(resamples, 2_000)) { weights in
                var (left, right) = (ConfusionMatrix(classes: classes), ConfusionMatrix(classes: classes))
                for row in truth.indices where weights[row] > 0 {
                    left.add(truth: truth[row], predicted: x[row], weight: Double(weights[row]))
                    right.add(truth: truth[row], predicted: y[row], weight: Double(weights[row]))
                }
                return score(left) - score(right)
            }
        case .calibration(let parts):
            guard let a = all(candidate, parts), let b = all(reference, parts) else { return nil }
            return resampled(first, second, candidate.count, alpha, seed, min(resamples, 2_000)) { weights in
                func error(_ rows: [(Double, Bool)]) -> Double {
                    let drawn = zip(rows, weights).flatMap { Array(repeating: $0, count: Int($1)) }
                    return Calibration.expectedError(confidence: drawn.map(\.0), right: drawn.map(\.1)) ?? .nan
                }
                return error(a) - error(b)
            }
        }
    }

    private func share(_ a: [Bool], _ b: [Bool], _ first: Double, _ second: Double, _ alpha: Double)
        -> PairedComparison
    {
        let table = PairedProportions(candidate: sign > 0 ? a : a.map { !$0 }, served: sign > 0 ? b : b.map { !$0 })
        return PairedComparison(
            candidate: first, reference: second, difference: table.difference,
            lower: table.lowerBound(alpha: alpha), upper: table.upperBound(alpha: alpha),
            superiority: table.mcNemar(.greater), rows: table.count,
            test: "McNemar's exact test and \(table.isExact ? "exact unconditional" : "Tango's score") bounds "
                + "(\(table.gained) rows gained, \(table.lost) lost)",
            table: table, deviation: 0)
    }

    private func mean(
        _ differences: [Double], _ limit: Double?, _ first: Double, _ second: Double, _ alpha: Double, _ seed: UInt64,
        _ resamples: Int
    ) -> PairedComparison? {
        guard
            let result = PairedBootstrap.mean(
                of: differences, alpha: alpha, limit: limit, seed: seed, resamples: resamples)
        else { return nil }
        return PairedComparison(
            candidate: first, reference: second, difference: result.difference, lower: result.lower,
            upper: result.upper,
            superiority: result.pValue, rows: result.count,
            test: "a studentised paired bootstrap (\(resamples) resamples, seed \(seed))",
            deviation: Summary.deviation(differences))
    }

    private func resampled(
        _ first: Double, _ second: Double, _ count: Int, _ alpha: Double, _ seed: UInt64, _ resamples: Int,
        _ statistic: ([Int32]) -> Double
    ) -> PairedComparison? {
        let result = PairedBootstrap.statistic(count: count, alpha: alpha, seed: seed, resamples: resamples) {
            sign * statistic($0)
        }
        guard let result else { return nil }
        return PairedComparison(
            candidate: first, reference: second, difference: result.difference, lower: result.lower,
            upper: result.upper,
            superiority: result.pValue, rows: result.count,
            test: "a paired BCa bootstrap of the whole set (\(resamples) resamples, seed \(seed))",
            deviation: result.standardError * Double(count).squareRoot())
    }
}
