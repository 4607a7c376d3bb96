import Nouns
import Testing

@testable import Experiments

struct IterationRulesTests {
    private func training(start: Double, end: Double, final: Double = 0.5, best: Int = 30, steps: Int = 30)
        -> TrainingResult
    {
        TrainingResult(
            adapter: AdapterReference(path: "", sha256: ""), steps: steps, bestStep: best, finalLoss: final,
            validationLoss: end, startValidationLoss: start,
            seconds: 1, tokens: 1, labelTokens: 1, tokensPerSecond: 1, peakMemoryBytes: 1, machine: "")
    }

    @Test func lossThatNeverFellAsksForALowerRate() {
        let step = IterationRules.next(
            [
                .init(
                    recipe: Recipe(), mode: .fromBase, training: training(start: 2, end: 2.4, final: 2.4),
                    outcome: .fail)
            ], budget: 3, replayShare: 0.5)
        guard case .retry(let recipe, .fromBase, nil, let reason) = step else { return #expect(Bool(false), "\(step)") }
        #expect(abs((recipe.learningRate ?? 0) - 5e-4 / 3) < 1e-12)
        #expect(reason.hasPrefix("lower_learning_rate"))
    }

    @Test func anEarlyMinimumAsksForRegularisation() {
        let step = IterationRules.next(
            [.init(recipe: Recipe(), mode: .fromBase, training: training(start: 2, end: 1, best: 10), outcome: .fail)],
            budget: 3, replayShare: 0.5)
        guard case .retry(let recipe, _, _, _) = step else { return #expect(Bool(false), "\(step)") }
        #expect(recipe.adapterDropout == 0.1 && recipe.weightDecay == 0.1 && recipe.patience == 3)
    }

    @Test func lostSkillsAskForReplay() {
        let step = IterationRules.next(
            [
                .init(
                    recipe: Recipe(), mode: .continued, training: training(start: 2, end: 1, final: 0.9),
                    outcome: .fail,
                    advice: [Advice(action: "replay", reason: "old rows fell")])
            ], budget: 3, replayShare: 0.5)
        guard case .retry(_, .continued, let share, _) = step else { return #expect(Bool(false), "\(step)") }
        #expect(share == 1)
    }

    @Test func itStopsWithAPlainStatement() {
        var attempts = [
            IterationRules.Attempt(
                recipe: Recipe(), mode: .continued, training: training(start: 2, end: 2.1), outcome: .inconclusive,
                advice: [Advice(action: "more_data", reason: "about 120 rows of class games.")])
        ]
        var actions: [String] = []
        for _ in 0..<20 {
            guard
                case .retry(let recipe, let mode, _, let reason) = IterationRules.next(
                    attempts, budget: 10, replayShare: 0.5)
            else { break }
            let action = String(reason.prefix { $0 != ":" })
            #expect(!actions.contains(action))
            actions.append(action)
            attempts.append(
                .init(
                    recipe: recipe, mode: mode, action: action, training: training(start: 2, end: 2.1),
                    outcome: .inconclusive, advice: attempts[0].advice))
        }
        guard case .stop(let statement) = IterationRules.next(attempts, budget: 10, replayShare: 0.5) else {
            return #expect(Bool(false))
        }
        #expect(statement.contains("lower learning rate") && statement.contains("120 rows of class games"))
        guard case .stop(let spent) = IterationRules.next(attempts, budget: 1, replayShare: 0.5) else {
            return #expect(Bool(false))
        }
        #expect(spent.contains("budget of 1"))
        #expect(IterationRules.next([], budget: 1, replayShare: 0) == .stop("There is no run to go on from."))
    }
}
