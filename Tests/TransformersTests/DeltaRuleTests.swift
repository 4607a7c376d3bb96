import Foundation
import JSONDocument
import Tensors
import TestSupport
import Testing
import WeightFiles

@testable import Transformers

/// Layers that go by the gated delta rule know the tokens before by their states: in a packed tree, in a cache, in
/// steps and in pages.
@Suite struct DeltaRuleTests {
    private let ids = (0..<40).map { Int32(3 + $0 * 11 % 60) }
    static let kinds = ["qwen3_5", "qwen3_5-wrapped"]

    private func model(_ kind: String) throws -> Model {
        try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
    }

    private func logits(_ runner: Transformer, _ hidden: UnsafeMutablePointer<Float>, row: Int, alike: Bool = false)
        throws -> [Float]
    {
        let found = try runner.logits(hidden, rows: [row], alike: alike)
        return Array(UnsafeBufferPointer(start: found, count: runner.model.configuration.vocabulary))
    }

    private func pages(_ runner: Transformer, interval: Int? = nil) -> KeyValuePages {
        KeyValuePages(runner.model.configuration, budget: PageBudget(limit: 1 << 24), interval: interval)
    }

    /// A step's rows are the same bits however the sequence is cut into steps, across the ends of pages too.
    @Test(arguments: kinds)
    func stepsAreTheSameBitsHoweverTheyAreCut(kind: String) throws {
        let runner = try Transformer(model(kind), team: ThreadTeam(threads: 2))
        let pages = pages(runner)
        func last(_ cuts: [Int]) throws -> [Float] {
            let held = try (0..<3).map { try #require(try pages.page($0)) }
            let states = try #require(try pages.states())
            var found: [Float] = []
            var from = 0
            for to in cuts + [ids.count] {
                let part = StepPart(tokens: ids[from..<to], position: from, pages: held, adapter: nil, states: states)
                found = try logits(runner, runner.step([part]), row: to - from - 1, alike: true)
                from = to
            }
            return found
        }
        let whole = try last([])
        for cuts in [Array(1..<ids.count), [16, 32], [15, 17, 31, 33], [1, 18], [38], [14, 15, 16, 17, 18]] {
            #expect(try last(cuts) == whole, "\(cuts)")
        }
    }

    /// What others computed of a beginning is gone on from behind a page that keeps states, as if it had been computed
    /// anew; pages between keep none.
    @Test(arguments: [1, 2])
    func pagesThatKeepStatesAreGoneOnFrom(interval: Int) throws {
        let runner = try Transformer(model("qwen3_5"), team: ThreadTeam(threads: 2))
        let pages = pages(runner, interval: interval)
        #expect(!pages.endsAnywhere && pages.isRecurrent && pages.takenUp == 16 * interval)
        func held() throws -> [KeyValuePage] { try (0..<3).map { try #require(try pages.page($0)) } }
        let first = try held()
        #expect(first.map(\.canBeGoneOnFrom) == (interval == 1 ? [true, true, true] : [false, true, false]))
        _ = try runner.step([
            StepPart(tokens: ids[...], position: 0, pages: first, adapter: nil, states: try pages.states())
        ])
        let other: [Int32] = Array(ids[..<32]) + [60, 4, 9]
        let states = try #require(try pages.states())
        states.copy(from: try #require(first[1].states))
        let own = try [first[0], first[1], #require(try pages.page(2))]
        let found = try logits(
            runner,
            runner.step([StepPart(tokens: other[32...], position: 32, pages: own, adapter: nil, states: states)]),
            row: 2, alike: true)
        let wanted = try logits(
            runner,
            runner.step([
                StepPart(tokens: other[...], position: 0, pages: held(), adapter: nil, states: try pages.states())
            ]), row: 34, alike: true)
        #expect(found == wanted)
    }

    /// Prompts that share a beginning, in one packed tree, go on each for itself.
    @Test(arguments: kinds)
    func promptsOfOneTreeGoOnAsThoughAlone(kind: String) throws {
        let runner = try Transformer(model(kind), team: ThreadTeam(threads: 2))
        let common = Array(ids[..<12])
        let prompts: [[Int32]] = [common, common + [7], common + [8, 9], [5]]
        func rows(_ prompts: [[Int32]]) -> TokenTree {
            TokenTree(prompts.map { TokenSequence(ids: $0, weights: $0.map { _ in 0 }) })
        }
        var (cache, sequences, _) = try runner.prefill(rows(prompts), sequences: prompts.count, newTokens: 5)
        let added: [Int32] = [21, 22, 23, 24, 25]
        var found: [[Float]] = []
        for id in added {
            let hidden = try runner.decode(prompts.indices.map { id + Int32($0) }, &sequences, cache)
            found = try prompts.indices.map { try logits(runner, hidden, row: $0) }
        }
        for (index, prompt) in prompts.enumerated() {
            let whole = prompt + added.map { $0 + Int32(index) }
            let wanted = try logits(runner, runner.forward(rows([whole])), row: whole.count - 1)
            for (left, right) in zip(found[index], wanted) {
                #expect(abs(left - right) < 1e-3 * max(1, abs(right)), "\(kind), prompt \(index)")
            }
        }
    }

    /// A sequence has its states once, however long it is, and they are counted.
    @Test func statesTakeNoMemoryOfEachToken() throws {
        let runner = try Transformer(model("qwen3_5"), team: ThreadTeam(threads: 3), training: true)
        let c = runner.model.configuration
        let rule = try #require(c.delta)
        let width = 4 * 8 * 8 + 3 * 64
        #expect(c.attentionLayers == 1 && rule.stateWidth(taps: c.taps) == width)
        #expect(KeyValueCache.bytesPerToken(c) == 2 * c.keyWidth * 4)
        #expect(KeyValueCache.bytesPerSequence(c) == 3 * width * 4)
        let budget = PageBudget(limit: 1 << 24)
        let pages = KeyValuePages(c, budget: budget, interval: 2)
        #expect(pages.pageBytes == KeyValuePages.tokens * KeyValueCache.bytesPerToken(c))
        #expect(pages.stateBytes == KeyValueCache.bytesPerSequence(c))
        var held: [KeyValuePage] = try [#require(try pages.page(0)), #require(try pages.page(1))]
        var states: RecurrentStates? = try pages.states()
        #expect(budget.used == 2 * pages.pageBytes + 2 * pages.stateBytes && states != nil)
        held = []
        states = nil
        #expect(budget.used == 0 && held.isEmpty)
        // In training a head keeps a state every 32 tokens.
        #expect(DeltaPlan.bytesPerToken(rule, threads: 3) == 3 * 2 * 64 * 4 / 32)
        #expect(runner.bytesPerToken == runner.activations.bytesPerToken + 3 * 2 * 64 * 4 / 32)
    }

    /// A folder says rotary positions and kinds of layers in either of two ways.
    @Test func bothSpellingsAreOneModel() throws {
        let folder = TestSupport.fixture("families/qwen3_5")
        var members = try #require(HuggingFaceFolder.json("config.json", in: folder).members)
        func shape() throws -> ModelConfiguration {
            try Qwen35.shape(.object(members), file: "config.json", vocabulary: 67, tied: false)
        }
        let newer = try shape()
        members["rope_parameters"] = nil
        members["layer_types"] = nil
        members["rope_theta"] = .integer(500)
        members["partial_rotary_factor"] = .number(0.5)
        members["full_attention_interval"] = .integer(4)
        #expect(try shape() == newer)
        members["rope_scaling"] = .object(["type": .text("yarn"), "factor": .integer(4)])
        #expect(throws: ModelFailure.self) { try shape() }
    }

    /// Heads that guess several tokens at once are left out, as transformers does, and nothing else is.
    @Test func headsThatGuessAheadAreLeftOut() throws {
        let fixture = TestSupport.fixture("families/qwen3_5")
        let folder = NSTemporaryDirectory() + "/ahead-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: fixture + "/config.json", toPath: folder + "/config.json")
        let tensors = try HuggingFaceFolder(path: fixture).tensors.map {
            TensorSource(name: $0.key, shape: $0.value.shape, values: $0.value.floats())
        }
        func load(_ extra: String) throws -> Model {
            let more = TensorSource(name: extra, shape: [1], values: [1])
            try SafetensorsWriter.write(tensors + [more], to: folder + "/model.safetensors")
            return try Model(huggingFace: HuggingFaceFolder(path: folder))
        }
        #expect(try load("mtp.norm.weight").configuration == model("qwen3_5").configuration)
        #expect(throws: ModelFailure.self) { try load("model.layers.0.linear_attn.more") }
    }

    /// What docs/bases.md says of the smallest published model.
    @Test func statesOfAPublishedModelTakeThisMuch() throws {
        let config = """
            {"model_type": "qwen3_5_text", "hidden_size": 1024, "num_attention_heads": 8, "num_key_value_heads": 2,
             "head_dim": 256, "intermediate_size": 3584, "num_hidden_layers": 24, "max_position_embeddings": 262144,
             "linear_num_key_heads": 16, "linear_num_value_heads": 16,
             "rope_parameters": {"rope_type": "default", "rope_theta": 10000000, "partial_rotary_factor": 0.25}}
            """
        let node = try Array(config.utf8).withUnsafeBytes { try JSONReader.document($0) }
        let c = try Qwen35.shape(node, file: "config.json", vocabulary: 248_320, tied: true)
        #expect(c.attentionLayers == 6 && c.rope?.rotated == 64)
        let bytes = KeyValueCache.bytesPerSequence(c)
        #expect(bytes >> 20 == 19 && bytes / KeyValueCache.bytesPerToken(c) == 822)
        #expect(KeyValuePages(c, budget: PageBudget(limit: 0)).takenUp == 208)
    }

    /// The heads of values in the order of a GGUF, and back.
    @Test func headsAreReordered() {
        let grouped = DeltaRule(keyHeads: 2, valueHeads: 6, keySize: 3, valueSize: 2)
        let tiled = grouped.ordered(tiled: true)
        #expect((0..<6).map(grouped.otherHead) == [0, 3, 1, 4, 2, 5])
        for head in 0..<6 { #expect(grouped.otherHead(tiled.otherHead(head)) == head) }
        for row in 0..<grouped.mixedWidth {
            #expect(grouped.otherRow(tiled.otherRow(row, of: .deltaIn), of: .deltaIn) == row)
        }
        #expect((0..<3).map { grouped.valueHead(1, $0) } == [3, 4, 5])
        #expect((0..<3).map { tiled.valueHead(1, $0) } == [1, 3, 5])
    }
}
