import Foundation
import TestSupport

/// Values that PyTorch, transformers and peft computed in float32; see Tests/Fixtures/PROVENANCE.md.
enum Golden {
    struct Forward: Decodable {
        struct Text: Decodable {
            let text: String
            let ids: [Int32]
            let nll_per_token: [Double]
            let last_logsumexp: Double
            let last_top10_ids: [Int32]
            let last_top10_logits: [Double]
        }
        struct Greedy: Decodable {
            let prompt_ids: [Int32]
            let greedy_ids: [Int32]
            let greedy_text: String
        }
        let logits: [Text]
        let greedy: [Greedy]
    }

    static func load<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/\(name).json")))
        return try JSONDecoder().decode(type, from: data)
    }
}
