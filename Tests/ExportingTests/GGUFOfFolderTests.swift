import Foundation
import Tensors
import TestSupport
import Testing
import Tokenization
import Transformers
import WeightFiles

@testable import Exporting

/// A GGUF made of a Hugging Face folder is the same model, whatever the family.
@Suite struct GGUFOfFolderTests {
    /// Bytes and nothing else, which has a GGUF form; the tiny models have no tokenizer of their own.
    static let tokenizer: TokenizerDefinition = {
        let json = """
            {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "\u{0120}a": 3, "\u{0120}": 4}, "merges": \
            ["a b", "\u{0120} a"]},
             "added_tokens": [{"id": 5, "content": "<end>", "special": true}],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}, "decoder": \
             {"type": "ByteLevel"}}
            """
        guard
            let definition = try? TokenizerDefinition(
                json: Array(json.utf8), files: .init(config: Array(#"{"eos_token": "<end>"}"#.utf8)))
        else {
            preconditionFailure("the tokenizer in this file is wrong")
        }
        return definition
    }()

    func export(_ kind: String, adapter make: (Model) throws -> Adapter? = { _ in nil }) throws -> (
        Model, Adapter?, Model, GGUFFile
    ) {
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/\(kind)")))
        let path = NSTemporaryDirectory() + "/export-" + UUID().uuidString + ".gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let adapter = try make(model)
        try GGUFExport.write(
            model, base: .other(Self.tokenizer, name: kind, path: kind), adapter: adapter, type: .f16, to: path)
        let file = try GGUFFile(path: path)
        return (model, adapter, try Model(gguf: file), file)
    }

    /// Every family, but for the tiny Gemma, whose layers llama.cpp would run differently.
    static let kinds =
        ModelConfiguration.Family.allCases.map(\.name).filter { $0 != "gemma3" } + [
            "llama3", "llama-biased", "granite4-nope", "olmo3", "lfm2-older", "gemma4-wide",
            "phi3-256",
        ]

    @Test(arguments: kinds)
    func lossesStay(kind: String) throws {
        let (model, adapter, back, _) = try export(kind) { model in
            let adapter = try Adapter(AdapterLayout(rank: 2, scale: 1, targets: Projection.allCases), for: model)
            // The logits of the tiny SmolLM 3 are twice the others', and so is what halves round off of merged weights.
            let size: Float = ["smollm3": 0.2, "granite4-nope": 0.6][kind] ?? 0.3
            for index in 0..<adapter.count { adapter.values.pointer[index] = size * Float(cos(Double(index))) }
            return adapter
        }
        let ids = (0..<12).map { Int32(3 + $0 * 5 % 60) }
        let tree = TokenTree([TokenSequence(ids: ids, weights: ids.map { _ in 1 })])
        let team = ThreadTeam(threads: 1)
        let expected = try Transformer(model, adapter: adapter, team: team).score(tree)
        let plain = try Transformer(model, team: team).score(tree)
        let found = try Transformer(back, team: team).score(tree)
        for (index, loss) in found.enumerated() {
            #expect(abs(loss.loss - expected[index].loss) < 2e-2, "\(kind), token \(index)")
        }
        // Without an adapter nothing is rounded but weights that are no halves already.
        let (_, _, bare, _) = try export(kind)
        for (index, loss) in try Transformer(bare, team: team).score(tree).enumerated() {
            #expect(abs(loss.loss - plain[index].loss) < 5e-3, "\(kind), token \(index), without an adapter")
        }
        #expect(zip(found, plain).contains { abs($0.loss - $1.loss) > 0.1 })
    }

    @Test func aWindowThatLlamaCppLeavesOutBoundsTheContext() throws {
        let (model, _, back, _) = try export("mistral")
        #expect(model.configuration.window == 7 && back.configuration.context == 7)
    }

    @Test func aGemmaThatLlamaCppWouldRunDifferentlyIsRefused() throws {
        #expect(throws: ExportFailure.self) { try export("gemma3") }
    }

    /// llama.cpp knows states that are as wide as they are high alone.
    @Test func aQwenWhoseKeysAndValuesDifferIsRefused() throws {
        #expect(throws: ExportFailure.self) { try export("qwen3_5-wrapped") }
    }

    /// llama.cpp tiles the heads of values, where several share one of keys.
    @Test func headsOfValuesAreTiled() throws {
        let (model, _, back, file) = try export("qwen3_5")
        let (own, other) = try (#require(model.configuration.delta), #require(back.configuration.delta))
        #expect(!own.isTiled && other == own.ordered(tiled: true))
        let decay = try #require(model.weights.layers[0].decay)
        #expect(file.tensors["blk.0.ssm_dt.bias"]?.floats() == [0, 2, 1, 3].map { decay.bias[$0] })
    }

    /// A GGUF of today keeps the layers that guess ahead behind the others.
    @Test func layersThatGuessAheadAreLeftOut() throws {
        let model = try Model(huggingFace: HuggingFaceFolder(path: TestSupport.fixture("families/qwen3_5")))
        let path = NSTemporaryDirectory() + "/ahead-" + UUID().uuidString + ".gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var metadata = try GGUFMetadata.make(
            model.configuration, tokenizer: Self.tokenizer, name: "ahead", place: path)
        metadata.removeAll { $0.0 == "qwen35.block_count" }
        let more = ["blk.4.attn_norm.weight", "blk.4.nextn.eh_proj.weight"].map {
            TensorSource(name: $0, shape: [1], values: [1])
        }
        let tensors = GGUFTensors(model, adapter: nil, type: .f32).sources + more
        func load(_ ahead: Int) throws -> ModelConfiguration {
            try GGUFWriter.write(
                tensors,
                metadata: metadata + [
                    ("qwen35.block_count", .uint32(UInt32(4 + ahead))),
                    ("qwen35.nextn_predict_layers", .uint32(UInt32(ahead))),
                ], to: path)
            return try Model(gguf: GGUFFile(path: path)).configuration
        }
        #expect(try load(1).layers == 4)
        // What is made of it has none.
        let file = try GGUFFile(path: path)
        let again = path + ".again.gguf"
        defer { try? FileManager.default.removeItem(atPath: again) }
        try GGUFExport.write(Model(gguf: file), base: .gguf(file), adapter: nil, type: .f16, to: again)
        let back = try GGUFFile(path: again)
        #expect(try Model(gguf: back).configuration == Model(gguf: file).configuration)
        #expect(back.metadata["qwen35.block_count"]?.integer == 4)
        #expect(back.metadata["qwen35.nextn_predict_layers"] == nil)
        #expect(throws: ModelFailure.self) { try load(0) }
    }

    @Test func theTokenizerIsWritten() throws {
        let (model, _, _, file) = try export("llama")
        guard case .texts(let tokens)? = file.metadata["tokenizer.ggml.tokens"],
            case .texts(let merges)? = file.metadata["tokenizer.ggml.merges"],
            case .integers(let types)? = file.metadata["tokenizer.ggml.token_type"]
        else {
            Issue.record("keys are missing")
            return
        }
        #expect(tokens.count == model.configuration.vocabulary && types.count == tokens.count)
        #expect(Set(tokens).count == tokens.count)
        #expect(tokens[5] == "<end>" && types[5] == 3 && tokens[66] == "[PAD66]" && types[66] == 5)
        #expect(merges == ["a b", "\u{0120} a"])
        #expect(file.metadata["tokenizer.ggml.pre"]?.string == "gpt-2")
        #expect(file.metadata["tokenizer.ggml.eos_token_id"]?.integer == 5)
    }
}
