import Foundation
import Nouns
import Statistics

/// Proposals of a tree-structured Parzen estimator (Bergstra et al., "Algorithms for Hyper-Parameter Optimization",
/// NeurIPS 2011).
///
/// Each dimension by itself, with the constants of Optuna's `TPESampler`: the best ⌈0.1·n⌉ (at most 25) trials are the
/// good ones, 24 candidates are drawn from their density, and the one whose density ratio good : other is largest is
/// proposed. Kernels are Gaussians on the dimension's own scale, as wide as the larger gap to a neighbour, within [1 /
/// min(100, n + 1), 1]; a flat prior counts as one trial.
package enum ParzenProposals {
    /// Trials with results before the estimator takes over from chance.
    package static let startup = 8
    static let candidates = 24

    /// Values for trial `number`, given what others came to (lower is better).
    package static func propose(
        _ space: SearchSpace, results: [(values: [String: JSONValue], loss: Double)], seed: UInt64, number: Int
    ) -> [String: JSONValue] {
        let sorted = results.filter { !$0.loss.isNaN }.sorted { $0.loss < $1.loss }
        guard sorted.count >= startup else { return space.random(seed: seed, number: number) }
        let good = min(25, Int((0.1 * Double(sorted.count)).rounded(.up)))
        let random = CounterRandom(seed: seed ^ 0x7465_7061, stream: UInt64(clamping: number))
        var counter: UInt64 = 0
        func draw() -> Double {
            counter += 1
            return random.unit(counter)
        }
        var values: [String: JSONValue] = [:]
        for dimension in space.dimensions {
            let units = sorted.map { $0.values[dimension.name].flatMap(dimension.unit(of:)) }
            let best = units.prefix(good).compactMap { $0 }
            let rest = units.dropFirst(good).compactMap { $0 }
            if case .choice(let options) = dimension.kind {
                values[dimension.name] = choice(options, best, rest, draw)
                continue
            }
            let (l, g) = (Density(best), Density(rest))
            var winner = (unit: 0.5, score: -Double.infinity)
            for _ in 0..<candidates {
                let unit = l.sample(draw(), draw(), draw())
                let score = log(l.density(unit)) - log(g.density(unit))
                if score > winner.score { winner = (unit, score) }
            }
            values[dimension.name] = dimension.value(at: winner.unit)
        }
        return values
    }

    /// Categories by their smoothed frequencies.
    private static func choice(_ options: [JSONValue], _ best: [Double], _ rest: [Double], _ draw: () -> Double)
        -> JSONValue
    {
        guard !options.isEmpty else { return .null }
        func weights(_ units: [Double]) -> [Double] {
            var counts = [Double](repeating: 1 / Double(options.count), count: options.count)
            for unit in units { counts[min(options.count - 1, Int(unit * Double(options.count)))] += 1 }
            return counts.map { $0 / Double(units.count + 1) }
        }
        let (l, g) = (weights(best), weights(rest))
        var winner = (index: 0, score: -Double.infinity)
        for _ in 0..<candidates {
            var place = draw()
            var index = 0
            while index + 1 < l.count, place >= l[index] {
                place -= l[index]
                index += 1
            }
            let score = l[index] / g[index]
            if score > winner.score { winner = (index, score) }
        }
        return options[winner.index]
    }

    /// A mixture of truncated Gaussians on 0 ... 1.
    private struct Density {
        var means: [Double]
        var widths: [Double]

        init(_ units: [Double]) {
            // The prior sits in the middle and is as wide as the range.
            let all = (units + [0.5]).sorted()
            let narrowest = 1 / Double(min(100, all.count + 1))
            means = all
            // The ends of the range are no neighbours (Optuna's consider_endpoints = false): a kernel near one would be
            // too wide.
            widths = all.indices.map { index in
                let left = index > 0 ? all[index] - all[index - 1] : 0
                let right = index + 1 < all.count ? all[index + 1] - all[index] : 0
                return min(1, max(narrowest, left, right))
            }
            if let prior = all.firstIndex(of: 0.5) { widths[prior] = 1 }
        }

        func density(_ unit: Double) -> Double {
            let sum = zip(means, widths).reduce(0.0) { total, kernel in
                let z = (unit - kernel.0) / kernel.1
                let mass =
                    NormalDistribution.cdf((1 - kernel.0) / kernel.1) - NormalDistribution.cdf(-kernel.0 / kernel.1)
                return total + exp(-0.5 * z * z) / (kernel.1 * mass)
            }
            return max(1e-300, sum / Double(means.count))
        }

        /// A draw by rejection-free inversion: the kernel by the first number, its quantile by the second and third.
        func sample(_ first: Double, _ second: Double, _ third: Double) -> Double {
            let index = min(means.count - 1, Int(first * Double(means.count)))
            let radius = (-2 * log(max(1e-300, 1 - second))).squareRoot()
            let unit = means[index] + widths[index] * radius * cos(2 * .pi * third)
            // What falls outside is reflected, which keeps it near its kernel.
            let folded = abs(unit.truncatingRemainder(dividingBy: 2))
            return folded > 1 ? 2 - folded : folded
        }
    }
}
