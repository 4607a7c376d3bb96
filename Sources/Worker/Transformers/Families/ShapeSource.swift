import JSONDocument
import WeightFiles

/// Where a family's reader finds the numbers that shape a model: GGUF metadata or a Hugging Face `config.json`.
struct ShapeSource {
    let file: String
    /// What the family knows of the keys.
    let keys: DeclaredKeys
    private let members: [String: JSONNode]

    /// GGUF keys below the architecture's own name, such as `llama.block_count`. Throws ``ModelFailure`` for a key that
    /// is not computed.
    init(_ gguf: GGUFFile, _ family: any ModelFamily.Type) throws {
        file = gguf.path
        keys = family.declaredMetadata
        let prefix = family.architecture + "."
        var members: [String: JSONNode] = [:]
        for (key, value) in gguf.metadata where key.hasPrefix(prefix) {
            members[String(key.dropFirst(prefix.count))] = value.node
        }
        self.members = members
        try keys.check(members, file: "\(file), \(family.architecture)", of: "the architecture \(family.architecture)")
    }

    /// Keys of `config.json`. Throws ``ModelFailure`` for a key that is not computed.
    init(_ config: JSONNode, file: String, _ family: any ModelFamily.Type) throws {
        self.file = file
        let kind = config["model_type"]?.string ?? family.modelTypes[0]
        keys = family.declared(kind)
        members = config.members ?? [:]
        try keys.check(members, file: file, of: "models of type \(kind)")
    }

    /// What the file says of a key, or what its absence means; nil for null, and where absence has no meaning of its
    /// own.
    subscript(key: String) -> JSONNode? {
        guard let value = members[key] else { return keys.absent(key) }
        return value == .null ? nil : value
    }

    func value(_ key: String) -> Double? { self[key]?.double }
    func text(_ key: String) -> String? { self[key]?.string }

    /// A whole number between 1 and `most` that must be there.
    func count(_ key: String, most: Int = 1 << 24) throws -> Int {
        guard let number = value(key) else {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "this key is missing, or is no number",
                remedy: "Convert or download the model again.")
        }
        guard number >= 1, number <= Double(most), number == number.rounded() else {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "\(number) is not a whole number from 1 to \(most)",
                remedy: "The file is damaged: download it again.")
        }
        return Int(number)
    }

    /// A whole number, or `fallback` where the key is absent.
    func count(_ key: String, default fallback: Int) throws -> Int { self[key] == nil ? fallback : try count(key) }

    /// A positive number, or `fallback` where the key is absent.
    func number(_ key: String, default fallback: Float? = nil) throws -> Float {
        guard let number = value(key) else {
            if let fallback, self[key] == nil { return fallback }
            throw ModelFailure(
                place: "\(file), \(key)", problem: "this key is missing, or is no number",
                remedy: "Convert or download the model again.")
        }
        guard number.isFinite, number > 0, number < 1e12 else {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "\(number) is not a positive number",
                remedy: "The file is damaged: download it again.")
        }
        return Float(number)
    }

    /// The common part of every family's shape in a GGUF.
    func ggufShape(
        _ family: ModelConfiguration.Family, vocabulary: Int, tied: Bool,
        epsilonKey: String = "attention.layer_norm_rms_epsilon", rotatesPart: Bool = false, kvHeads given: Int? = nil,
        hidden: Int? = nil
    )
        throws -> ModelConfiguration
    {
        let width = try count("embedding_length")
        let heads = try count("attention.head_count", most: 4096)
        guard width >= heads else {
            throw ModelFailure(
                place: "\(file), attention.head_count", problem: "\(heads) heads do not fit a width of \(width)",
                remedy: "The file is damaged: download it again.")
        }
        let kvHeads = try given ?? count("attention.head_count_kv", default: heads)
        let headSize = try count("attention.key_length", default: width / heads)
        for key in ["attention.value_length"] + (rotatesPart ? [] : ["rope.dimension_count"]) {
            guard let size = value(key), size != Double(headSize) else { continue }
            throw ModelFailure(
                place: "\(file), \(key)",
                problem: "\(size) is not computed by this engine (only the size of a head, \(headSize), is)",
                remedy: "Choose another base model.")
        }
        return try ModelConfiguration(
            family: family, layers: count("block_count", most: 4096), width: width, heads: heads, kvHeads: kvHeads,
            headSize: headSize, hidden: hidden ?? count("feed_forward_length"), vocabulary: vocabulary,
            context: count("context_length"), epsilon: number(epsilonKey), tied: tied
        ).checked(file)
    }

    /// The rotary positions that a GGUF says, as llama.cpp reads them: a factor without a type is linear.
    ///
    /// - Parameter yarn: whether the family's layers may be scaled by YaRN.
    func ggufRope(base: Float? = nil, yarn: Bool = false) throws -> ModelConfiguration.Rope {
        var rope = try ModelConfiguration.Rope(base: base ?? number("rope.freq_base"))
        let key = value("rope.scaling.factor") ?? 0 != 0 ? "rope.scaling.factor" : "rope.scale_linear"
        switch text("rope.scaling.type") ?? "linear" {
        case "none": break
        case "linear":
            if let factor = value(key), factor != 0, factor != 1 { rope.scaling = .linear(factor: try number(key)) }
        case "longrope" where keys.rules["rope.scaling.attn_factor"] != nil: break
        case "yarn" where yarn:
            let factor = try number("rope.scaling.factor")
            rope.scaling = .yarn(
                factor: factor, betaFast: try number("rope.scaling.yarn_beta_fast", default: 32),
                betaSlow: try number("rope.scaling.yarn_beta_slow", default: 1),
                originalContext: try count("rope.scaling.original_context_length"))
            rope.attention = ModelConfiguration.Rope.yarnAttention(factor)
        case let kind:
            throw ModelFailure(
                place: "\(file), rope.scaling.type",
                problem: "the scaling '\(kind)' is not supported (none and linear are)",
                remedy: "Choose another base model.")
        }
        return rope
    }

    /// The common part of every family's shape in a `config.json`.
    func huggingFaceShape(_ family: ModelConfiguration.Family, vocabulary: Int, tied: Bool) throws -> ModelConfiguration
    {
        let width = try count("hidden_size")
        let heads = try count("num_attention_heads", most: 4096)
        let headSize = try count("head_dim", default: max(1, width / heads))
        return try ModelConfiguration(
            family: family, layers: count("num_hidden_layers", most: 4096), width: width, heads: heads,
            kvHeads: count("num_key_value_heads", default: heads), headSize: headSize,
            hidden: count("intermediate_size"), vocabulary: vocabulary, context: count("max_position_embeddings"),
            epsilon: number("rms_norm_eps"), tied: tied
        ).checked(file)
    }

    /// The linear layers to which `attention_bias` and `mlp_bias` give a bias.
    func biased() -> Set<Projection> {
        let attention: Set<Projection> = self["attention_bias"] == .flag(true) ? [.q, .k, .v, .o] : []
        return attention.union(self["mlp_bias"] == .flag(true) ? [.gate, .up, .down] : [])
    }

    /// Which layers slide, as `layer_types` says; nil where the file has none. Throws ``ModelFailure`` for kinds of
    /// layers that the engine does not run, and for a list of another length.
    func layerTypes(_ layers: Int) throws -> [Bool]? {
        guard let kinds = self["layer_types"] else { return nil }
        guard let list = kinds.list, list.count == layers else {
            throw ModelFailure(
                place: "\(file), layer_types", problem: "this is no list of \(layers) kinds, one for each layer",
                remedy: "The file is damaged: download it again.")
        }
        return try list.map { kind in
            switch kind.string {
            case "sliding_attention": return true
            case "full_attention": return false
            default:
                throw ModelFailure(
                    place: "\(file), layer_types",
                    problem: "layers of kind \(DeclaredKeys.text(kind)) are not computed by this engine",
                    remedy: "Choose another base model.")
            }
        }
    }
}

extension GGUFValue {
    /// The value as JSON would have it.
    var node: JSONNode {
        switch self {
        case .unsigned(let value): Int64(exactly: value).map { .integer($0) } ?? .number(Double(value))
        case .signed(let value): .integer(value)
        case .number(let value): .number(value)
        case .flag(let flag): .flag(flag)
        case .text(let text): .text(text)
        case .integers(let list): .list(list.map { .integer($0) })
        case .numbers(let list): .list(list.map { .number(Double($0)) })
        case .flags(let list): .list(list.map { .flag($0) })
        case .texts(let list): .list(list.map { .text($0) })
        }
    }
}

extension ModelConfiguration {
    /// Refuses shapes that cannot be computed with.
    func checked(_ file: String) throws -> ModelConfiguration {
        guard kvHeads >= 1, heads % kvHeads == 0 else {
            throw ModelFailure(
                place: file, problem: "\(heads) query heads cannot share \(kvHeads) key heads",
                remedy: "The file is damaged: download it again.")
        }
        guard headSize >= 2, headSize % 2 == 0, headSize <= 1024 else {
            throw ModelFailure(
                place: file, problem: "heads of \(headSize) numbers are not supported (even sizes up to 1024 are)",
                remedy: "Choose another base model.")
        }
        return self
    }

    /// Refuses rotary positions that do not fit the heads.
    func checkedRope(_ file: String) throws -> ModelConfiguration {
        guard let rope else { return self }
        let rotated = rope.rotated ?? headSize
        guard rotated >= 2, rotated % 2 == 0, rotated <= headSize else {
            throw ModelFailure(
                place: file, problem: "\(rotated) rotated numbers of heads of \(headSize) are not supported",
                remedy: "Choose another base model.")
        }
        if case .long(let short, let long, _) = rope.scaling,
            short.count != rotated / 2 || long.count != rotated / 2 || !(short + long).allSatisfy({ $0 > 0 })
        {
            throw ModelFailure(
                place: file, problem: "there are not \(rotated / 2) positive divisors of frequencies of each kind",
                remedy: "The file is damaged: download it again.")
        }
        return self
    }
}
