import Foundation

/// How a run without a learning rate gets one; without any I/O.
package enum RangeTestRules {
    /// The sweep: 40 steps from 10⁻⁶ to 3·10⁻², a factor of 1.3 a step.
    package static let lowest = 1e-6
    package static let highest = 3e-2
    package static let steps = 40
    /// What is used where the sweep finds nothing: the documented default for LoRA.
    package static let fallback = 5e-4
    /// The same for pairs of answers, which want a tenth (docs/recipes.md).
    package static let fallbackOfPairs = 5e-5
    /// What pairs take of the rate that a sweep speaks for (docs/recipes.md).
    package static let shareOfPairs = 0.1

    /// The rate that a sweep speaks for, and why.
    package static func choose(_ range: RangeTestResult, mode: Run.Mode, warmStartRatio: Double, earlier: RunID? = nil)
        -> (rate: Double, note: String)
    {
        var rate = range.suggested
        var note = "range test: \(range.reason)"
        // A sweep whose lowest rate is the best has found no rate that learns; training with that one would learn
        // nothing either.
        if !(rate > lowest * 1.001) || !rate.isFinite {
            rate = range.ofPairs == true ? fallbackOfPairs : fallback
            note += " That is no rate to train with, so the default of \(rate) is used."
        } else if range.ofPairs == true {
            // The loss of pairs goes on falling where a model has long begun to degenerate.
            rate *= shareOfPairs
            note += " × \(shareOfPairs), since most rows are pairs of answers."
        }
        if let earlier { note += " Swept for run \(earlier) on the same base, recipe and data of a like size." }
        if mode == .continued, warmStartRatio > 0 {
            rate *= warmStartRatio
            note += " × \(warmStartRatio) (incremental.warm_start_ratio): a warm start begins lower."
        }
        return (rate, note)
    }

    /// The newest earlier sweep that still holds for `run`: the same base and recipe, and from half to twice as many
    /// rows.
    package static func reusable(for run: Run, among runs: [Run], rows: (Run) -> Int) -> (
        range: RangeTestResult, earlier: RunID
    )? {
        let now = rows(run)
        for other in runs where other.id != run.id && other.base == run.base && same(other.recipe, run.recipe) {
            guard let range = other.range else { continue }
            let then = rows(other)
            if then > 0, now > 0, max(then, now) <= 2 * min(then, now) { return (range, other.id) }
        }
        return nil
    }

    /// Whether two recipes would give the same sweep: everything but the rate and how long and how carefully one trains
    /// at it.
    private static func same(_ left: Recipe, _ right: Recipe) -> Bool {
        func bare(_ recipe: Recipe) -> Recipe {
            var recipe = recipe
            (recipe.learningRate, recipe.templateDate) = (nil, nil)
            (recipe.epochs, recipe.patience, recipe.evaluateEverySteps, recipe.checkpointEverySteps) = (1, nil, 0, 1)
            (recipe.schedule, recipe.warmupRatio, recipe.minLearningRateRatio) = (.cosine, 0, 0)
            return recipe
        }
        return bare(left) == bare(right)
    }
}
