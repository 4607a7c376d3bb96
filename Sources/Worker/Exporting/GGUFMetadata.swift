import Tokenization
import Transformers
import WeightFiles

/// The metadata of a GGUF for a model that did not come as one: shape and tokenizer under llama.cpp's keys.
///
/// Source: llama.cpp `gguf-py/gguf/constants.py` and `convert_hf_to_gguf.py`.
enum GGUFMetadata {
    /// Throws ``ExportFailure`` where llama.cpp would run another model than this, TokenizerFailure where the tokenizer
    /// cannot be said.
    static func make(_ c: ModelConfiguration, tokenizer: TokenizerDefinition, name: String, place: String) throws -> [(
        String, GGUFWriter.Value
    )] {
        let architecture = c.family.facts.architecture
        var result: [(String, GGUFWriter.Value)] = [
            ("general.architecture", .text(architecture)), ("general.type", .text("model")),
            ("general.name", .text(name)),
            ("general.quantization_version", .uint32(2)),
        ]
        func add(_ key: String, _ value: Int) {
            result.append(("\(architecture).\(key)", .uint32(UInt32(clamping: value))))
        }
        func add(_ key: String, _ value: Float) { result.append(("\(architecture).\(key)", .float32(value))) }
        // llama.cpp runs most families without a window; up to its length there is no difference.
        let isWindowed = !c.family.facts.llamaCppSlides && c.window > 0 && c.slides.contains(true)
        add("context_length", isWindowed ? min(c.context, c.window) : c.context)
        add("embedding_length", c.width)
        add("block_count", c.layers)
        if let shared = c.sharedHidden, c.sharedLayers > 0, shared != c.hidden {
            let hidden = (0..<c.layers).map { Int32(clamping: c.hidden($0)) }
            result.append(("\(architecture).feed_forward_length", .int32s(hidden)))
        } else {
            add("feed_forward_length", c.hidden)
        }
        add("attention.head_count", c.heads)
        if c.convolutions.contains(true) || c.fullKVHeads != nil {
            // To llama.cpp a layer without heads of keys is one that convolves.
            let heads = (0..<c.layers).map { c.convolves($0) ? 0 : Int32(clamping: c.kvHeads($0)) }
            result.append(("\(architecture).attention.head_count_kv", .int32s(heads)))
        } else {
            add("attention.head_count_kv", c.kvHeads)
        }
        add(c.normalisation == .layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", c.epsilon)
        add("vocab_size", c.vocabulary)
        if let rope = c.rope {
            // Of layers that slide the family tells by itself, where their heads are of another size.
            let headSize = c.fullHeadSize ?? c.headSize
            add("attention.key_length", headSize)
            add("attention.value_length", headSize)
            add("rope.dimension_count", rope.rotated ?? headSize)
            add("rope.freq_base", rope.base)
            switch rope.scaling {
            case .linear(let factor):
                result.append(("\(architecture).rope.scaling.type", .text("linear")))
                add("rope.scaling.factor", factor)
            case .yarn(let factor, let fast, let slow, let context):
                result.append(("\(architecture).rope.scaling.type", .text("yarn")))
                add("rope.scaling.factor", factor)
                add("rope.scaling.yarn_beta_fast", fast)
                add("rope.scaling.yarn_beta_slow", slow)
                add("rope.scaling.original_context_length", context)
            default: break
            }
        }
        result += try c.family.facts.ggufKeys(c, place: place).map { ("\(architecture).\($0)", $1) }
        return result + tokens(try tokenizer.ggufValues(vocabulary: c.vocabulary))
    }

    private static func tokens(_ values: TokenizerDefinition.GGUFValues) -> [(String, GGUFWriter.Value)] {
        var result: [(String, GGUFWriter.Value)] = [("tokenizer.ggml.model", .text(values.model))]
        func add(_ key: String, _ value: GGUFWriter.Value?) {
            if let value { result.append(("tokenizer.ggml.\(key)", value)) }
        }
        add("pre", values.pre.map { .text($0) })
        add("tokens", .texts(values.tokens))
        add("scores", values.scores.map { .float32s($0) })
        add("token_type", values.types.map { .int32s($0) })
        add("merges", values.merges.map { .texts($0) })
        for (key, id) in [
            ("bos", values.bos), ("eos", values.eos), ("unknown", values.unknown), ("padding", values.padding),
        ] {
            add("\(key)_token_id", id.map { .uint32(UInt32(clamping: $0)) })
        }
        add("add_bos_token", values.addBOS.map { .flag($0) })
        add("add_eos_token", values.addEOS.map { .flag($0) })
        add("add_space_prefix", values.addSpacePrefix.map { .flag($0) })
        if let template = values.chatTemplate { result.append(("tokenizer.chat_template", .text(template))) }
        return result
    }
}
