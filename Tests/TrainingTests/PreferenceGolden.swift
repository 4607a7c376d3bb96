import Foundation
import Nouns
import TestSupport
import Transformers

@testable import Training

/// What TRL computed of pairs, as tools/make-preference-goldens.py writes it.
struct PreferenceGolden: Decodable {
    struct Row: Decodable {
        let prompt: String?, chosen: String?, rejected: String?
        let prompt_ids: [Int32]?, chosen_ids: [Int32]?, rejected_ids: [Int32]?
    }
    struct Step: Decodable {
        let loss: Double
        let grad_norm: Double
        let chosenReward: Double
        let rejectedReward: Double
        let chosenLogProbability: Double
        let rejectedLogProbability: Double

        enum CodingKeys: String, CodingKey {
            case loss, grad_norm
            case chosenReward = "rewards/chosen"
            case rejectedReward = "rewards/rejected"
            case chosenLogProbability = "logps/chosen"
            case rejectedLogProbability = "logps/rejected"
        }
    }
    struct Scores: Decodable { let chosen: Double, rejected: Double }
    struct Losses: Decodable {
        let each: [Double]
        let grad_norm: Double
    }
    struct Summed: Decodable { let loss: Double, grad_norm: Double }
    struct Trained: Decodable {
        let start: String
        let B_size: Double
        let lr: Double
        let steps: [Step]
        let before: [Scores]
        let after: [Scores]
        let losses_after: [String: Losses]
        let sigmoid_and_half_sft: Summed
        let B_norms: [String: Double]
    }

    let rows: [Row]
    let runs: [Trained]

    static func read(_ name: String) throws -> Self {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/\(name).json")))
        return try JSONDecoder().decode(Self.self, from: data)
    }

    /// The rows that are given as token ids.
    var pairs: [PreferencePair] {
        rows.map { row in
            let prompt = row.prompt_ids ?? []
            func sequence(_ answer: [Int32]?) -> TokenSequence {
                let answer = answer ?? []
                return TokenSequence(
                    ids: prompt + answer, weights: prompt.map { _ in 0 } + answer.map { _ in 1 })
            }
            return PreferencePair(chosen: sequence(row.chosen_ids), rejected: sequence(row.rejected_ids))
        }
    }

    /// The recipe of the golden runs.
    static func recipe(rate: Double) -> Recipe {
        var recipe = Recipe()
        (recipe.rank, recipe.alpha, recipe.learningRate, recipe.batchRows) = (8, 16, rate, 4)
        return recipe
    }

    /// The adapter that the golden runs start from: A, and B where it has a size, are given by formulas.
    static func adapter(_ model: Model, size: Double) throws -> Adapter {
        let adapter = try Adapter(AdapterStart.layout(recipe(rate: 1), for: model), for: model)
        let rank = adapter.layout.rank
        for place in adapter.places {
            let shift = 0.9 * Double(place.projection.rawValue) + 0.31 * Double(place.layer)
            let a = (0..<rank * place.inner).map { offset -> Float in
                Float(0.05 * cos(7.3 * Double(offset / place.inner) + 1.7 * Double(offset % place.inner) + shift))
            }
            let turn = 0.7 * Double(place.projection.rawValue) + 0.17 * Double(place.layer)
            let b = (0..<place.outer * rank).map { offset -> Float in
                Float(size * sin(2.9 * Double(offset / rank) + 5.3 * Double(offset % rank) + turn))
            }
            adapter.set(place, a: a, b: b)
        }
        return adapter
    }
}
