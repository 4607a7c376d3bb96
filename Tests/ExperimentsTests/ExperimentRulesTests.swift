import Foundation
import Nouns
import Testing

@testable import Experiments

struct ExperimentRulesTests {
    /// A whole experiment played against a function, as the service plays it against workers; every state passes
    /// through JSON.
    private func play(
        _ experiment: Experiment, interrupt: Bool = false, loss: (Trial, Int) -> Double?
    ) throws -> (experiment: Experiment, steps: Int, log: [String], reason: String) {
        var experiment = experiment
        let space = SearchSpace(experiment.settings.search)
        var (log, steps): ([String], Int) = ([], 0)
        for _ in 0..<10_000 {
            experiment = try ContractCoding.decode(Experiment.self, from: ContractCoding.encode(experiment))
            switch ExperimentRules.next(experiment, space) {
            case .finish(let reason): return (experiment, steps, log, reason)
            case .work(var trial, let rung):
                trial.running = rung
                if trial.number == experiment.trials.count {
                    experiment.trials.append(trial)
                } else {
                    experiment.trials[trial.number] = trial
                }
                if interrupt {
                    // Killed here: the same work must come out again.
                    guard case .work(let again, let same) = ExperimentRules.next(experiment, space) else {
                        throw Failure(code: "test", "nothing to resume")
                    }
                    #expect(again == trial && same == rung)
                }
                log.append("\(trial.number)@\(rung)")
                trial.running = nil
                let from = rung == 0 ? 0 : experiment.steps(rung: rung - 1)
                steps += experiment.steps(rung: rung) - from
                trial.tokens += experiment.steps(rung: rung) - from
                if let value = loss(trial, rung) { trial.losses.append(value) } else { trial.fault = "diverged" }
                experiment.trials[trial.number] = trial
            }
        }
        throw Failure(code: "test", "the experiment does not end")
    }

    private func experiment(_ change: (inout ExperimentSettings) -> Void = { _ in }) -> Experiment {
        var settings = ExperimentSettings()
        settings.search = [SearchDimension(name: "learning_rate", kind: .logUniform(1e-5, 1e-1))]
        change(&settings)
        return Experiment(
            id: "x-1", pipeline: "p", settings: settings, snapshot: "s", base: "b", recipe: Recipe(), steps: 90,
            createdAt: Date(timeIntervalSince1970: 0),
            requestedBy: "test")
    }

    private func distance(_ trial: Trial) -> Double { abs(log10(trial.values["learning_rate"]?.doubleValue ?? 1) + 3) }

    @Test(arguments: [false, true]) func halvingFindsTheBestForAFractionOfTheSteps(interrupt: Bool) throws {
        let all = try play(experiment { $0.trials = 27 }, interrupt: interrupt) { trial, rung in
            distance(trial) + 1 - 0.1 * Double(rung)
        }
        let winner = try #require(ExperimentRules.winner(all.experiment))
        let best = try #require(all.experiment.trials.min { distance($0) < distance($1) })
        #expect(winner.number == best.number)
        #expect(all.experiment.trials[0].values["learning_rate"] == 5e-4)
        #expect(Double(all.steps) < 0.5 * Double(all.experiment.trials.count * 90))
    }

    @Test func presentRecipeComesFirstAndWinsTies() throws {
        let (end, _, log, _) = try play(experiment { $0.trials = 9 }) { _, _ in 1 }
        #expect(log[0] == "0@0")
        #expect(ExperimentRules.winner(end)?.number == 0)
        #expect(TrialNotes.conclusion(end, reason: "done").contains("present recipe is the best"))
    }

    @Test func onlyTheBestThirdGoesOn() throws {
        let (end, _, _, _) = try play(experiment { $0.trials = 9 }) { trial, rung in
            Double(trial.number) + Double(rung) * 0.01
        }
        // Ascending losses: trial 0 is the best of every rung, and 9 trials promote at most 3.
        #expect(end.trials.filter { $0.losses.count > 1 }.count <= 3)
        #expect(ExperimentRules.winner(end)?.number == 0)
    }

    @Test func faultsNeverWinAndNeverBlock() throws {
        let (end, _, _, _) = try play(experiment { $0.trials = 9 }) { trial, _ in
            trial.number % 2 == 0 ? nil : Double(trial.number)
        }
        #expect(ExperimentRules.winner(end)?.number == 1)
        let (none, _, _, reason) = try play(experiment { $0.trials = 4 }) { _, _ in nil }
        #expect(ExperimentRules.winner(none) == nil && reason.contains("all failed: diverged"))
        // Nor does a fault after good beginnings.
        let (late, _, _, _) = try play(experiment { $0.trials = 9 }) { trial, rung in
            trial.number == 0 && rung > 0 ? nil : Double(trial.number)
        }
        #expect(ExperimentRules.winner(late).map { $0.number != 0 } == true)
    }

    @Test func gridGoesThroughEveryCombinationToTheEnd() throws {
        let (end, steps, _, reason) = try play(
            experiment {
                $0.strategy = .grid
                $0.trials = 100
                $0.points = 4
            }
        ) { trial, _ in distance(trial) }
        // The present recipe and the four of the grid.
        #expect(end.trials.count == 5 && steps == 5 * 90)
        #expect(reason == "every combination was tried")
    }

    @Test func budgetsEndIt() throws {
        let (end, steps, _, reason) = try play(experiment { $0.tokens = 60 }) { trial, _ in distance(trial) }
        #expect(reason.contains("60 tokens"))
        #expect(steps < 100 && end.tokens >= 60)
    }

    @Test func aClearLeaderEndsItEarly() throws {
        let (end, _, _, reason) = try play(experiment { $0.trials = 1000 }) { trial, _ in
            trial.number == 0 ? 0.1 : 5 + Double(trial.number)
        }
        #expect(end.trials.count < 30)
        #expect(reason.contains("leader is clear"))
    }

    @Test func smallDiscreteSpacesEnd() throws {
        let (end, _, _, _) = try play(
            experiment {
                $0.search = [SearchDimension(name: "rank", kind: .choice([4, 16]))]
                $0.trials = 50
            }
        ) { trial, _ in trial.values["rank"] == 4 ? 1 : 2 }
        #expect(end.trials.count == 2)
        #expect(ExperimentRules.winner(end)?.values["rank"] == 4)
    }

    @Test func overfittingIsNamed() {
        var trial = Trial(number: 1, values: [:])
        trial.curve = [
            ValidationReport(step: 4, loss: 1.0, tokenAccuracy: 0.5, best: true),
            ValidationReport(step: 8, loss: 1.3, tokenAccuracy: 0.5, best: false),
        ]
        trial.trainLoss = 0.1
        #expect(TrialNotes.overfitting(trial)?.contains("30 % above its minimum at step 4") == true)
        trial.trainLoss = 1.2
        #expect(TrialNotes.overfitting(trial) == nil)
    }
}
