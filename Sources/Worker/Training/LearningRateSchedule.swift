import Foundation
import Nouns

/// The learning rate as a function of the step alone.
package struct LearningRateSchedule: Hashable, Sendable {
    package let peak: Double
    package let steps: Int
    package let warmup: Int
    package let kind: Recipe.Schedule
    package let floor: Double

    /// - Parameters:
    ///   - peak: the recipe's learning rate.
    ///   - steps: optimizer steps of the whole run.
    package init(_ recipe: Recipe, peak: Double, steps: Int) {
        self.peak = peak
        self.steps = max(1, steps)
        warmup = min(self.steps, Int((recipe.warmupRatio * Double(self.steps)).rounded(.up)))
        kind = recipe.schedule
        floor = recipe.minLearningRateRatio
    }

    /// The rate of 0-based `step` where the schedule is left after `from` steps: a straight fall to the floor over
    /// `count`.
    package func rate(_ step: Int, leftAfter from: Int, over count: Int) -> Double {
        guard step >= from else { return rate(step) }
        let last = rate(max(0, from - 1))
        let done = min(1, Double(step - from + 1) / Double(max(1, count)))
        return last + (min(last, peak * floor) - last) * done
    }

    /// The rate of 0-based `step`: a linear rise over the warm-up, then the schedule down to the floor.
    package func rate(_ step: Int) -> Double {
        if step < warmup { return peak * Double(step + 1) / Double(warmup) }
        let done = Double(step - warmup) / Double(max(1, steps - warmup))
        switch kind {
        case .constant: return peak
        case .linear: return peak * (1 - (1 - floor) * done)
        case .cosine: return peak * (floor + (1 - floor) * 0.5 * (1 + cos(.pi * done)))
        case .wsd:
            // Warm-up, stable, decay (Hu et al. 2024): the last fifth falls linearly.
            return done < 0.8 ? peak : peak * (1 - (1 - floor) * (done - 0.8) / 0.2)
        }
    }
}
