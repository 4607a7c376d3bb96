import Foundation
import Statistics

extension PromotionStream {
    /// What a model can: in the task, in the one that comes after it, and by the second metric.
    struct Skills: Hashable {
        var old: Double
        var new: Double
        var second: Double

        func of(_ isNew: Bool) -> Double { isNew ? new : old }

        mutating func shift(by amount: Double) {
            old += amount
            new += amount
        }
    }

    struct Model {
        var skills: Skills
        var own: [Double]
        /// The same for the second metric.
        var second: [Double]
    }

    /// The draws of one stream.
    struct Draws {
        private let random: CounterRandom
        private var counter: UInt64 = 0

        init(seed: UInt64) { random = CounterRandom(seed: 20_270, stream: seed) }

        mutating func unit() -> Double {
            counter += 1
            return random.unit(counter)
        }

        mutating func normal() -> Double { NormalDistribution.quantile(min(max(unit(), 1e-12), 1 - 1e-12)) }

        /// What is a model's own on each row: normal for shares, skewed for losses.
        mutating func own(_ count: Int, _ setting: Setting) -> [Double] {
            (0..<count).map { _ in own(setting) }
        }

        private mutating func own(_ setting: Setting) -> Double {
            setting.measure == .accuracy
                ? normal() * Setting.spread : (-log(1 - min(unit(), 1 - 1e-12)) - 1) * Setting.spread / 2
        }

        /// The same of a model that goes on from another.
        mutating func next(_ own: [Double], _ setting: Setting) -> [Double] {
            let rest = (1 - Setting.correlation * Setting.correlation).squareRoot()
            return own.map { Setting.correlation * $0 + rest * self.own(setting) }
        }
    }

    /// The rows of one stream.
    struct Rows {
        /// Rows that judge; as many half come after them that choose.
        private let gates: Int
        var difficulty: [Double]
        var isNew: [Bool]
        var secondDifficulty: [Double] = []
        var count: Int { difficulty.count }

        init(_ setting: Setting, _ draws: inout Draws) {
            gates = setting.first + setting.daily * setting.days
            let all = gates + gates / 2
            difficulty = (0..<all).map { _ in draws.normal() }
            isNew = [Bool](repeating: false, count: all)
            if let change = setting.change {
                let gone = setting.first + setting.daily * change
                for row in gone..<gates { isNew[row] = true }
                for row in (gates + gone / 2)..<all { isNew[row] = true }
            }
            if setting.second != nil { secondDifficulty = (0..<all).map { _ in draws.normal() } }
        }

        /// The rows that judge on a day. Of five that come a day the last is a correction, where there are some.
        func judging(on day: Int, _ setting: Setting) -> [Int] {
            let last = setting.first + setting.daily * (day + 1)
            let start = setting.window.map { max(0, last - $0 * setting.daily) } ?? 0
            guard setting.corrections == .apart else { return Array(start..<last) }
            return (start..<last).filter { !isCorrection($0, setting) }
        }

        func choosing(on day: Int, _ setting: Setting) -> Range<Int> {
            gates..<(gates + (setting.first + setting.daily * (day + 1)) / 2)
        }

        private func isCorrection(_ row: Int, _ setting: Setting) -> Bool { row >= setting.first && row % 5 == 4 }

        /// Makes the corrections of a day rows that what is served answers wrongly.
        mutating func correct(on day: Int, _ setting: Setting, _ served: Model, _ draws: inout Draws) {
            let first = setting.first + setting.daily * day
            for row in first..<(first + setting.daily) where isCorrection(row, setting) {
                var tries = 0
                while served.skills.of(isNew[row]) + difficulty[row] + served.own[row] > 0, tries < 10_000 {
                    difficulty[row] = draws.normal()
                    tries += 1
                }
            }
        }
    }
}
