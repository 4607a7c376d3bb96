import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

@Suite(.serialized)
struct ForwardGoldenTests {
    @Test(arguments: [("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2"), ("gemma3-270m.gguf", "gemma3")])
    func lossOfEveryTokenEqualsPyTorch(file: String, golden: String) throws {
        let model = try Model(gguf: GGUFFile(path: TestSupport.model(file)))
        let runner = try Transformer(model, team: ThreadTeam(threads: 2))
        for text in try Golden.load(Golden.Forward.self, golden).logits {
            let sequence = TokenSequence(ids: text.ids, weights: text.ids.map { _ in 1 })
            let tree = TokenTree([sequence])
            #expect(tree.labels.count == text.nll_per_token.count)
            let losses = try runner.score(tree)
            for (index, (loss, expected)) in zip(losses, text.nll_per_token).enumerated() {
                #expect(abs(Double(loss.loss) - expected) < 2e-3, "token \(index + 1) of \(text.text)")
            }
        }
    }

    @Test func sharedPrefixesChangeNothing() throws {
        let model = try Model(gguf: GGUFFile(path: TestSupport.model()))
        let runner = try Transformer(model, team: ThreadTeam(threads: 2))
        let golden = try Golden.load(Golden.Forward.self, "smollm2").greedy
        let sequences = golden.map {
            TokenSequence(
                ids: $0.prompt_ids + $0.greedy_ids, weights: $0.prompt_ids.map { _ in 0 } + $0.greedy_ids.map { _ in 1 }
            )
        }
        let shared = TokenTree(sequences)
        let apart = TokenTree(sequences, sharing: false)
        #expect(shared.tokens.count < apart.tokens.count)
        func bySequence(_ tree: TokenTree) throws -> [[Float]] {
            var result = [[Float]](repeating: [], count: sequences.count)
            for (site, loss) in zip(tree.labels, try runner.score(tree)) {
                result[Int(site.sequence)].append(loss.loss)
            }
            return result
        }
        for (left, right) in zip(try bySequence(shared), try bySequence(apart)) {
            #expect(left.count == right.count)
            for (a, b) in zip(left, right) { #expect(abs(a - b) < 2e-4) }
        }
    }
}
