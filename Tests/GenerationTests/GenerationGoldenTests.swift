import Foundation
import Generation
import Tensors
import TestSupport
import Testing
import Transformers
import WeightFiles

/// Greedy answers against PyTorch's, and batching against answering alone.
@Suite(.serialized)
struct GenerationGoldenTests {
    struct Golden: Decodable {
        struct Greedy: Decodable {
            let prompt_ids: [Int32]
            let greedy_ids: [Int32]
        }
        let greedy: [Greedy]
    }

    static let models = [("SmolLM2-135M-Instruct.Q4_1.gguf", "smollm2"), ("gemma3-270m.gguf", "gemma3")]

    func generator(_ file: String, memory: Int = 256 << 20) throws -> Generator {
        let model = try Model(gguf: GGUFFile(path: TestSupport.model(file)))
        return Generator(try Transformer(model, team: ThreadTeam(threads: 2)), memoryBytes: memory)
    }

    func golden(_ name: String) throws -> [Golden.Greedy] {
        try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: URL(filePath: TestSupport.fixture("goldens/\(name).json")))
        ).greedy
    }

    @Test(arguments: models)
    func greedyEqualsPyTorch(file: String, name: String) throws {
        let expected = try golden(name)
        let generator = try generator(file)
        for example in expected {
            let options = GenerationOptions(maxNewTokens: example.greedy_ids.count)
            let alone = try generator.generate([example.prompt_ids], options)
            #expect(alone.map(\.ids) == [example.greedy_ids])
        }
        let longest = expected.map(\.greedy_ids.count).max() ?? 0
        let together = try generator.generate(expected.map(\.prompt_ids), GenerationOptions(maxNewTokens: longest))
        for (answer, example) in zip(together, expected) {
            #expect(Array(answer.ids.prefix(example.greedy_ids.count)) == example.greedy_ids)
        }
    }

    @Test func whatSharesTheBatchChangesNothing() throws {
        let prompts = try golden("smollm2").map(\.prompt_ids)
        let many = (prompts + prompts.map { Array($0.dropLast(3)) } + prompts).filter { !$0.isEmpty }
        let options = GenerationOptions(maxNewTokens: 8)
        let wide = try generator("SmolLM2-135M-Instruct.Q4_1.gguf").generate(many, options)
        let narrow = try generator("SmolLM2-135M-Instruct.Q4_1.gguf", memory: 1 << 20).generate(many, options)
        #expect(wide.map(\.ids) == narrow.map(\.ids))
        #expect(wide.prefix(prompts.count).map(\.ids) == wide.suffix(prompts.count).map(\.ids))
    }

    @Test func samplingFollowsItsSeed() throws {
        let prompts = try golden("smollm2").map(\.prompt_ids)
        let generator = try generator("SmolLM2-135M-Instruct.Q4_1.gguf")
        func draw(_ seed: UInt64, topP: Double = 1, temperature: Double = 1.2) throws -> [[Int32]] {
            try generator.generate(
                prompts, GenerationOptions(maxNewTokens: 8, temperature: temperature, topP: topP, seed: seed)
            ).map(\.ids)
        }
        #expect(try draw(1) == draw(1))
        #expect(try draw(1) != draw(2))
        // A nucleus that holds only the likeliest token is greedy.
        #expect(try draw(3, topP: 1e-9) == draw(4, topP: 1e-9))
    }

    @Test func endsAtStopTokensAndLengths() throws {
        let example = try #require(try golden("smollm2").first)
        let generator = try generator("SmolLM2-135M-Instruct.Q4_1.gguf")
        let third = example.greedy_ids[2]
        let end = example.greedy_ids.firstIndex(of: third) ?? 2
        var told: [Int] = []
        let stopped = try generator.generate(
            [example.prompt_ids], GenerationOptions(maxNewTokens: 8, stopTokens: [third]),
            finished: { index, _ in told.append(index) })
        #expect(stopped == [GeneratedTokens(ids: Array(example.greedy_ids[..<end]), finish: .stop)])
        #expect(told == [0])
        #expect(try generator.generate([[]], GenerationOptions()) == [GeneratedTokens(ids: [], finish: .length)])
        #expect(try generator.generate([example.prompt_ids], GenerationOptions(maxNewTokens: 0)).map(\.ids) == [[]])
    }

    @Test func whoStopsGetsNoAnswers() throws {
        let example = try #require(try golden("smollm2").first)
        let generator = try generator("SmolLM2-135M-Instruct.Q4_1.gguf")
        struct Stopped: Error {}
        // Before the prompt, and between two tokens.
        for place in [1, 3] {
            var asked = 0
            var told = 0
            #expect(throws: Stopped.self) {
                _ = try generator.generate(
                    [example.prompt_ids], GenerationOptions(maxNewTokens: 8), finished: { _, _ in told += 1 },
                    interruption: {
                        asked += 1
                        if asked == place { throw Stopped() }
                    })
            }
            #expect(asked == place && told == 0)
        }
    }
}
