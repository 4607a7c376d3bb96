import JSONDocument
import WeightFiles

/// Qwen 3.5 (Qwen Team 2026), dense: the gated delta rule in place of attention in three layers of four, attention
/// whose sums are gated in the others, rotary positions on a quarter of each head, and norms that multiply by 1 + w.
///
/// The text of a model that also sees is run alone: its three kinds of positions are then one.
enum Qwen35: ModelFamily {
    static let name = "qwen3_5"
    static let architecture = "qwen35"
    static let modelTypes = ["qwen3_5_text"]
    static let modelClass = "Qwen3_5ForCausalLM"
    static let huggingFace = TensorLayout.transformers.with {
        $0.norms += TensorLayout.transformersHeadNorms + [(.mixed, "linear_attn.norm")]
        $0.projections.merge([
            .deltaIn: "linear_attn.in_proj_qkv", .deltaGate: "linear_attn.in_proj_z",
            .deltaRate: "linear_attn.in_proj_b", .deltaDecay: "linear_attn.in_proj_a",
            .deltaOut: "linear_attn.out_proj",
        ]) { $1 }
        $0.kernel = "linear_attn.conv1d"
        $0.decay = ("linear_attn.A_log", "linear_attn.dt_bias")
        $0.normOffset = 1
    }
    static let gguf = TensorLayout.llamaCpp.with {
        $0.norms =
            [(.attention, "attn_norm")] + TensorLayout.llamaCppHeadNorms + [
                (.mixed, "ssm_norm"), (.feedForward, "post_attention_norm"),
            ]
        $0.projections.merge([
            .deltaIn: "attn_qkv", .deltaGate: "attn_gate", .deltaRate: "ssm_beta", .deltaDecay: "ssm_alpha",
            .deltaOut: "ssm_out",
        ]) { $1 }
        $0.kernel = "ssm_conv1d"
        $0.decay = ("ssm_a", "ssm_dt.bias")
        $0.isDecayExponential = true
        $0.isTiled = true
    }
    /// Heads that guess several tokens at once, and what sees, which transformers leaves out too.
    static let otherTensors = ["mtp.", "model.visual."]

    static func declared(_ modelType: String) -> DeclaredKeys {
        var keys = DeclaredKeys.likeLlama.with([
            "num_key_value_heads": .read(absent: .integer(4)), "head_dim": .read(absent: .integer(256)),
            "max_position_embeddings": .read(absent: .integer(32_768)), "attention_bias": .only([.flag(false)]),
            "attn_output_gate": .only([.flag(true)]), "partial_rotary_factor": .read(absent: .number(0.25)),
            "layer_types": .read(), "full_attention_interval": .read(absent: .integer(4)),
            "linear_conv_kernel_dim": .read(absent: .integer(4)), "linear_key_head_dim": .read(absent: .integer(128)),
            "linear_value_head_dim": .read(absent: .integer(128)),
            "linear_num_key_heads": .read(absent: .integer(16)),
            "linear_num_value_heads": .read(absent: .integer(32)),
            // In what numbers another program keeps its states.
            "mamba_ssm_dtype": .read(),
            // Mixtures of experts.
            "num_experts": .only([.integer(0)]), "num_experts_per_tok": .only([.integer(0)]),
            "moe_intermediate_size": .only([.integer(0)]), "shared_expert_intermediate_size": .only([.integer(0)]),
            "decoder_sparse_step": .read(), "mlp_only_layers": .read(), "norm_topk_prob": .read(),
        ])
        // Heads that guess several tokens at once.
        keys.harmlessPrefixes = ["mtp_"]
        return keys
    }
    static var declaredMetadata: DeclaredKeys {
        .ggufLikeLlama.with([
            "ssm.conv_kernel": .read(), "ssm.state_size": .read(), "ssm.group_count": .read(),
            "ssm.time_step_rank": .read(), "ssm.inner_size": .read(), "full_attention_interval": .read(),
            "attention.recurrent_layers": .read(), "rope.dimension_sections": .read(),
            "nextn_predict_layers": .read(),
        ])
    }

    static func guessesAhead(_ file: GGUFFile) -> Int {
        min(max(0, file.metadata["\(architecture).nextn_predict_layers"]?.integer ?? 0), 1 << 12)
    }

    static func shape(_ file: GGUFFile, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(file, Self.self)
        var c = try source.ggufShape(family, vocabulary: vocabulary, tied: tied, rotatesPart: true)
        c.layers -= guessesAhead(file)
        guard c.layers >= 1 else {
            throw ModelFailure(
                place: "\(file.path), \(architecture).nextn_predict_layers",
                problem: "no layer is left beside those that guess ahead",
                remedy: "The file is damaged: download it again.")
        }
        var rope = try source.ggufRope()
        rope.rotated = try source.count("rope.dimension_count", default: c.headSize)
        c.rope = rope
        let (size, values) = (try source.count("ssm.state_size"), try source.count("ssm.time_step_rank", most: 4096))
        let rule = DeltaRule(
            keyHeads: try source.count("ssm.group_count", most: 4096), valueHeads: values, keySize: size,
            valueSize: size, isTiled: true)
        guard try source.count("ssm.inner_size") == rule.valueWidth else {
            throw ModelFailure(
                place: "\(file.path), \(architecture).ssm.inner_size",
                problem: "\(values) heads of \(size) numbers are expected here, \(rule.valueWidth) in all",
                remedy: "Choose another base model.")
        }
        let listed = source["attention.recurrent_layers"]?.list?.map { $0.bool ?? ($0.integer != 0) }
        return try mixing(
            c, rule, taps: source.count("ssm.conv_kernel"),
            listed.map { Array($0.prefix(c.layers)) }
                ?? interval(c.layers, source.count("full_attention_interval", default: 4)),
            file.path + ", \(architecture).",
            ["ssm.time_step_rank", "ssm.state_size", "ssm.state_size", "ssm.conv_kernel"])
    }

    static func shape(_ config: JSONNode, file: String, vocabulary: Int, tied: Bool) throws -> ModelConfiguration {
        let source = try ShapeSource(config, file: file, Self.self)
        var c = try source.huggingFaceShape(family, vocabulary: vocabulary, tied: tied)
        var rope = try ModelConfiguration.Rope(
            source,
            RopeForms(
                partial: true, context: c.context, headSize: c.headSize, read: ["mrope_section", "mrope_interleaved"]))
        if rope.rotated == nil {
            let share = try source.number("partial_rotary_factor")
            rope.rotated = Int(Double(c.headSize) * min(1, Double(share)))
        }
        c.rope = rope
        let rule = DeltaRule(
            keyHeads: try source.count("linear_num_key_heads", most: 4096),
            valueHeads: try source.count("linear_num_value_heads", most: 4096),
            keySize: try source.count("linear_key_head_dim"), valueSize: try source.count("linear_value_head_dim"))
        return try mixing(
            c, rule, taps: source.count("linear_conv_kernel_dim"),
            kinds(source, c.layers) ?? interval(c.layers, source.count("full_attention_interval")), file + ", ",
            ["linear_num_value_heads", "linear_key_head_dim", "linear_value_head_dim", "linear_conv_kernel_dim"])
    }

    /// Which layers go by the gated delta rule where every `number`-th attends.
    private static func interval(_ layers: Int, _ number: Int) -> [Bool] { (1...layers).map { $0 % number != 0 } }

    /// The same as `layer_types` says; nil where it is absent.
    private static func kinds(_ source: ShapeSource, _ layers: Int) throws -> [Bool]? {
        guard let kinds = source["layer_types"] else { return nil }
        let known =
            kinds.list?.compactMap { ["linear_attention": true, "full_attention": false][$0.string ?? ""] } ?? []
        guard known.count == layers, kinds.list?.count == layers else {
            throw ModelFailure(
                place: "\(source.file), layer_types",
                problem: "this is no list of \(layers) times linear_attention or full_attention, one for each layer",
                remedy: "Choose another base model, or download this one again.")
        }
        return known
    }

    /// - Parameters:
    ///   - place: what messages name before a key.
    ///   - keys: what the file calls heads of values, the sizes of keys and values, and the convolution's tokens.
    private static func mixing(
        _ shape: ModelConfiguration, _ rule: DeltaRule, taps: Int, _ recurrences: [Bool], _ place: String,
        _ keys: [String]
    ) throws -> ModelConfiguration {
        var c = shape
        let bounds = [
            (rule.valueHeads % rule.keyHeads == 0, "\(rule.valueHeads) for \(rule.keyHeads) heads of keys"),
            (rule.keySize <= 1024, "\(rule.keySize) (1024 at most)"),
            (rule.valueSize <= 1024, "\(rule.valueSize) (1024 at most)"), ((2...8).contains(taps), "\(taps) (2 to 8)"),
        ]
        for ((isComputed, what), key) in zip(bounds, keys) where !isComputed {
            throw ModelFailure(
                place: place + key, problem: "\(what) is not computed by this engine",
                remedy: "Choose another base model.")
        }
        guard recurrences.count == c.layers else {
            throw ModelFailure(
                place: place + "attention.recurrent_layers",
                problem: "this is no list of \(c.layers) kinds, one for each layer",
                remedy: "The file is damaged: download it again.")
        }
        c.headNorms = true
        c.gatedQueries = true
        c.delta = rule
        c.taps = taps
        c.recurrences = recurrences
        return try c.checkedRope(String(place.prefix { $0 != "," }))
    }

    static func configKeys(_ c: ModelConfiguration, place: String) throws -> [String: Any] {
        var keys = try commonConfigKeys(c, place: place)
        guard let rule = c.delta, let rope = c.rope else { return keys }
        keys.removeValue(forKey: "rope_theta")
        let pairs = (rope.rotated ?? c.headSize) / 2
        keys["rope_parameters"] = [
            "rope_type": "default", "rope_theta": ConfigNumber.of(rope.base),
            "partial_rotary_factor": Double(2 * pairs) / Double(c.headSize), "mrope_interleaved": true,
            "mrope_section": sections(pairs),
        ]
        guard rope.scaling == .none else {
            throw ExportFailure(
                place: place, problem: "transformers does not scale the rotary positions of Qwen 3.5 as this file does",
                remedy: "Export as GGUF instead.")
        }
        keys["attention_bias"] = false
        keys["linear_conv_kernel_dim"] = c.taps
        keys["linear_key_head_dim"] = rule.keySize
        keys["linear_value_head_dim"] = rule.valueSize
        keys["linear_num_key_heads"] = rule.keyHeads
        keys["linear_num_value_heads"] = rule.valueHeads
        keys["layer_types"] = (0..<c.layers).map { c.recurs($0) ? "linear_attention" : "full_attention" }
        return keys
    }

    /// How many pairs of each head turn by each of three kinds of positions, which text has as one.
    private static func sections(_ pairs: Int) -> [Int] { [(pairs + 2) / 3, (pairs + 1) / 3, pairs / 3] }

    /// llama.cpp knows an interval of layers that attend, and states as wide as they are high.
    static func ggufKeys(_ c: ModelConfiguration, place: String) throws -> [(String, GGUFWriter.Value)] {
        func refused(_ problem: String) -> ExportFailure {
            ExportFailure(place: place, problem: problem, remedy: "Export as a Hugging Face folder instead.")
        }
        guard let rule = c.delta, let rope = c.rope else { return [] }
        guard rule.keySize == rule.valueSize else {
            throw refused("llama.cpp runs Qwen 3.5 with keys as large as values, and this model's differ")
        }
        let first = (0..<c.layers).first { c.attends($0) } ?? c.layers
        guard interval(c.layers, first + 1) == (0..<c.layers).map(c.recurs) else {
            throw refused(
                "llama.cpp runs Qwen 3.5 with every so many layers attending, and this model has other layer_types")
        }
        func number(_ key: String, _ value: Int) -> (String, GGUFWriter.Value) {
            (key, .uint32(UInt32(clamping: value)))
        }
        let pairs = (rope.rotated ?? c.headSize) / 2
        return [
            number("ssm.conv_kernel", c.taps), number("ssm.state_size", rule.keySize),
            number("ssm.group_count", rule.keyHeads), number("ssm.time_step_rank", rule.valueHeads),
            number("ssm.inner_size", rule.valueWidth), number("full_attention_interval", first + 1),
            ("rope.dimension_sections", .int32s((sections(pairs) + [0]).map { Int32(clamping: $0) })),
        ]
    }
}
