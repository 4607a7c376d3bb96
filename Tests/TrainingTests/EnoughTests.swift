import Foundation
import Nouns
import Testing

@testable import Training

/// Training that has nothing left to gain lets its rate fall and ends, wherever it was stopped meanwhile.
struct EnoughTests {
    private let resume = ResumeTests()

    /// What a loop of 30 steps told, with its result and its weights' bits.
    private struct Course {
        var rates: [Double] = []
        var planned: [Int] = []
        var validations: [ValidationReport] = []
        var result: TrainingResult
        var bits: [UInt32] = []
        /// How often the loop asked whether to stop.
        var places = 0
    }

    private func course(
        _ folder: String, _ enough: EnoughRule?, stop: Int? = nil, pauses: [Int] = [], noisy: Bool = false
    ) throws -> Course {
        nonisolated(unsafe) var (rates, planned, validations) = ([Double](), [Int](), [ValidationReport]())
        nonisolated(unsafe) var places = 0
        var parts: [Int?] = pauses
        parts.append(nil)
        while true {
            let (loop, parameters) = try resume.loop(
                folder, noisy: noisy, batchRows: 20, enough: enough, epochs: 15,
                interruption: {
                    places += 1
                    if places == stop { throw ResumeTests.Stopped() }
                },
                report: { event in
                    switch event {
                    case .step(let step):
                        rates.append(step.learningRate)
                        planned.append(step.steps)
                    case .validation(let report): validations.append(report)
                    case .checkpoint, .reference: break
                    }
                })
            do {
                let result = try loop.run(pauseAtStep: parts[0])
                parts.removeFirst()
                if result.paused || !parts.isEmpty { continue }
                return Course(
                    rates: rates, planned: planned, validations: validations, result: result,
                    bits: resume.bytes(parameters), places: places)
            } catch is ResumeTests.Stopped { continue }
        }
    }

    private func inFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
        let folder = try resume.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// The bound that the second measurement after the start is the first of two to meet.
    private func rule(_ measure: EnoughRule.Measure) throws -> EnoughRule {
        let all = try inFolder { try course($0, EnoughRule(measure: measure, below: -1)) }
        let left = all.validations.compactMap(\.left)
        #expect(left.count == all.validations.count && all.result.steps == 30 && all.result.plannedSteps == nil)
        return EnoughRule(measure: measure, below: left[2...4].max().map { $0 + 1e-9 } ?? 0)
    }

    @Test func theRateFallsOverATenthOfTheStepsDone() throws {
        let enough = try rule(.loss)
        let found = try inFolder { try course($0, enough) }
        let straight = try inFolder { try course($0, nil) }
        let after = try #require(
            zip(found.validations, found.validations.dropFirst()).first {
                ($0.left ?? .infinity) < enough.below && ($1.left ?? .infinity) < enough.below
            }?.1.step)
        let count = EnoughRule.fall(after: after)
        #expect(found.result.steps == after + count && found.result.plannedSteps == 30 && !found.result.paused)
        #expect(found.rates.count == after + count)
        #expect(Array(found.rates.prefix(after)) == Array(straight.rates.prefix(after)))
        // The recipe's low end is a share of its peak.
        let low = 5e-3 * Recipe().minLearningRateRatio
        #expect(abs((found.rates.last ?? 0) - low) < 1e-12)
        #expect(found.planned.last == after + count && found.planned.first == 30)
        #expect(found.validations.last?.step == after + count)
        #expect(straight.result.steps == 30 && straight.result.plannedSteps == nil)
        #expect(straight.validations.allSatisfy { $0.left == nil })
    }

    @Test func fallsInAStraightLine() {
        var recipe = Recipe()
        (recipe.schedule, recipe.warmupRatio, recipe.minLearningRateRatio) = (.constant, 0, 0.1)
        let schedule = LearningRateSchedule(recipe, peak: 1, steps: 100)
        let rates = (39..<44).map { schedule.rate($0, leftAfter: 40, over: 3) }
        #expect(zip(rates, [1, 0.7, 0.4, 0.1, 0.1]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(EnoughRule.fall(after: 42) == 5 && EnoughRule.fall(after: 40) == 4 && EnoughRule.fall(after: 1) == 1)
    }

    @Test(arguments: [false, true])
    func stoppedAnywhereEndsWithTheSameBytes(noisy: Bool) throws {
        let enough = try rule(.loss)
        let expected = try inFolder { try course($0, enough, noisy: noisy) }
        #expect(expected.result.plannedSteps == 30)
        for stop in stride(from: 1, through: expected.places, by: noisy ? 5 : 2) {
            let found = try inFolder { try course($0, enough, stop: stop, noisy: noisy) }
            #expect(found.bits == expected.bits, "stopped at place \(stop)")
            #expect(found.result.steps == expected.result.steps && found.result.bestStep == expected.result.bestStep)
        }
    }

    /// A trial that is paused at its rungs ends as one that is not, before the end and in the fall.
    @Test func pausedAtAnyStepEndsWithTheSameBytes() throws {
        let enough = try rule(.loss)
        let expected = try inFolder { try course($0, enough) }
        for step in 1..<expected.result.steps {
            let found = try inFolder { try course($0, enough, pauses: [step]) }
            #expect(found.bits == expected.bits && found.result.plannedSteps == 30, "paused at step \(step)")
        }
        // A rung behind the end is the end.
        let behind = try inFolder { try course($0, enough, pauses: [29]) }
        #expect(behind.bits == expected.bits)
    }

    @Test func wrongAnswersAreCounted() throws {
        // Every answer of the untrained tiny model has a wrong token.
        let found = try inFolder { try course($0, EnoughRule(measure: .wrongAnswers, below: 0.01)) }
        #expect(found.validations.first?.left == 1)
        #expect(found.validations.allSatisfy { (0...1).contains($0.left ?? -1) })
        var answers = Objective.Answers(count: 40, wrong: 2, loss: 8)
        #expect(answers.left(.wrongAnswers) == 0.05 && answers.left(.loss) == 0.2)
        answers.count = EnoughRule.fewestAnswers - 1
        #expect(answers.left(.wrongAnswers) == nil && answers.left(.loss) == nil)
    }
}
