import Foundation
import Nouns
import Platform

/// The base that engines are tried on: a Llama of one block with a tokenizer of single bytes, the same to the last bit
/// wherever it is made.
struct ProbeBase {
    static let vocabulary = 257
    static let width = 8
    static let hidden = 16
    static let heads = 2
    static let keyHeads = 1
    static let context = 64
    private static let end = "<|end|>"

    /// Writes the folder; returns what the registry would know of it. Throws a FileFailure.
    static func write(to folder: String) throws -> BaseCard {
        try AtomicFile.makeFolder(folder)
        let files: [(String, Data)] = [
            ("config.json", try json(configuration)), ("model.safetensors", try weights()),
            ("tokenizer.json", try json(tokenizer)),
            ("tokenizer_config.json", try json(["eos_token": .string(end), "pad_token": .string(end)])),
        ]
        var references: [FileReference] = []
        for (name, data) in files {
            try AtomicFile.write(data, to: folder + "/" + name)
            references.append(FileReference(path: name, sha256: Digest.sha256(data), bytes: data.count))
        }
        let digest = Digest.sha256(Data(references.map(\.sha256).sorted().joined(separator: "\n").utf8))
        return BaseCard(
            id: "probe", architecture: "llama", parameters: 1, quantisation: [:], contextLength: context, layers: 1,
            width: width, vocabulary: vocabulary, tokenizer: "bytes", tokenizerDigest: "", format: "huggingface",
            files: references, digest: digest, trainingMemoryBytes: 1)
    }

    private static func json(_ members: [String: JSONValue]) throws -> Data {
        try ContractCoding.encode(JSONValue.object(members))
    }

    private static var configuration: [String: JSONValue] {
        let size = { (number: Int) in JSONValue.integer(Int64(number)) }
        return [
            "architectures": .array([.string("LlamaForCausalLM")]), "model_type": .string("llama"),
            "hidden_size": size(width), "intermediate_size": size(hidden), "num_hidden_layers": size(1),
            "num_attention_heads": size(heads), "num_key_value_heads": size(keyHeads), "head_dim": size(width / heads),
            "vocab_size": size(vocabulary), "max_position_embeddings": size(context), "rms_norm_eps": .number(1e-5),
            "rope_theta": .number(10_000), "hidden_act": .string("silu"), "tie_word_embeddings": .bool(true),
            "attention_bias": .bool(false), "mlp_bias": .bool(false), "eos_token_id": size(vocabulary - 1),
            "torch_dtype": .string("float32"),
        ]
    }

    // MARK: - Tokenizer

    /// A token a byte, spelled as byte-level tokenizers spell them.
    private static var tokenizer: [String: JSONValue] {
        var vocabulary: [String: JSONValue] = [:]
        for (byte, scalar) in spellings.enumerated() { vocabulary[String(scalar)] = .integer(Int64(byte)) }
        vocabulary[end] = .integer(Int64(self.vocabulary - 1))
        let level: JSONValue = .object([
            "type": .string("ByteLevel"), "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
            "use_regex": .bool(true),
        ])
        return [
            "version": .string("1.0"), "pre_tokenizer": level, "decoder": level,
            "added_tokens": .array([
                .object([
                    "id": .integer(Int64(self.vocabulary - 1)), "content": .string(end), "special": .bool(true),
                    "normalized": .bool(false), "single_word": .bool(false), "lstrip": .bool(false),
                    "rstrip": .bool(false),
                ])
            ]),
            "model": .object([
                "type": .string("BPE"), "vocab": .object(vocabulary), "merges": .array([]),
                "byte_fallback": .bool(false), "fuse_unk": .bool(false),
            ]),
        ]
    }

    /// The character of each byte: printable ones are themselves, the others follow from U+0100 on.
    private static var spellings: [Character] {
        var next: UInt32 = 256
        return (0..<256).map { byte in
            let isItself = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            let value = isItself ? UInt32(byte) : next
            if !isItself { next += 1 }
            return Unicode.Scalar(value).map(Character.init) ?? " "
        }
    }

    // MARK: - Weights

    private static var shapes: [(name: String, shape: [Int])] {
        let block = "model.layers.0."
        let (keys, head) = (keyHeads * width / heads, width)
        return [
            ("model.embed_tokens.weight", [vocabulary, width]), (block + "input_layernorm.weight", [width]),
            (block + "self_attn.q_proj.weight", [head, width]), (block + "self_attn.k_proj.weight", [keys, width]),
            (block + "self_attn.v_proj.weight", [keys, width]), (block + "self_attn.o_proj.weight", [width, head]),
            (block + "post_attention_layernorm.weight", [width]), (block + "mlp.gate_proj.weight", [hidden, width]),
            (block + "mlp.up_proj.weight", [hidden, width]), (block + "mlp.down_proj.weight", [width, hidden]),
            ("model.norm.weight", [width]),
        ]
    }

    /// A safetensors file of numbers in -1 ..< 1 from a linear congruential generator; norms are one.
    private static func weights() throws -> Data {
        var header: [String: JSONValue] = ["__metadata__": .object(["format": .string("pt")])]
        var body = Data()
        var state: UInt64 = 20_261_129
        for (name, shape) in shapes {
            let count = shape.reduce(1, *)
            header[name] = .object([
                "dtype": .string("F32"), "shape": .array(shape.map { .integer(Int64($0)) }),
                "data_offsets": .array([.integer(Int64(body.count)), .integer(Int64(body.count + 4 * count))]),
            ])
            for _ in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let drawn = Float(state >> 40) / Float(1 << 23) - 1
                let value: Float = shape.count == 1 ? 1 : drawn
                withUnsafeBytes(of: value.bitPattern.littleEndian) { body.append(contentsOf: $0) }
            }
        }
        var head = try ContractCoding.encode(JSONValue.object(header))
        head += Data(repeating: 0x20, count: (8 - head.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(head.count).littleEndian) { Data($0) } + head + body
    }
}
