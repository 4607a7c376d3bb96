import JSONDocument
import WeightFiles

/// Where a family's reader finds the numbers that shape a model: GGUF metadata or a Hugging Face `config.json`.
struct ShapeSource {
    let file: String
    let value: (String) -> Double?
    let text: (String) -> String?
    let flag: (String) -> Bool?

    /// GGUF keys below the architecture's own name, such as `llama.block_count`.
    init(_ gguf: GGUFFile, architecture: String) {
        file = gguf.path
        value = { gguf.metadata["\(architecture).\($0)"]?.double }
        text = { gguf.metadata["\(architecture).\($0)"]?.string }
        flag = { gguf.metadata["\(architecture).\($0)"]?.bool }
    }

    /// Keys of `config.json`.
    init(_ config: JSONNode, file: String) {
        self.file = file
        value = { config[$0]?.double }
        text = { config[$0]?.string }
        flag = { config[$0]?.bool }
    }

    /// A whole number between 1 and `most` that must be there.
    func count(_ key: String, most: Int = 1 << 24) throws -> Int {
        guard let number = value(key) else {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "this key is missing", remedy: "Convert or download the model again."
            )
        }
        guard number >= 1, number <= Double(most), number == number.rounded() else {
            throw ModelFailure(
                place: "\(file), \(key)", problem: "\(number) is not a whole number from 1 to \(most)",
                remedy: "The file is damaged: download it again.")
        }
        return Int(number)
    }

    /// A whole number, or `fallback` where the key is absent.
    func count(_ key: String, default fallback: Int) throws -> Int { value(key) == nil ? fallback : try count(key) }

    /// A positive number, or `fallback` where the key is absent.
    func number(_ key: String, default fallback: Float? = nil) throws -> Float {
        guard let number = value(key) else {
            if let fallback { return fallback }
            throw ModelFailure(
                place: "\(file), \(key)", problem: "this key is missing", remedy: "Convert or download the model again."
            )
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
        epsilonKey: String = "attention.layer_norm_rms_epsilon"
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
        let kvHeads = try count("attention.head_count_kv", default: heads)
        return try ModelConfiguration(
            family: family, layers: count("block_count", most: 4096), width: width, heads: heads, kvHeads: kvHeads,
            headSize: count("attention.key_length", default: width / heads), hidden: count("feed_forward_length"),
            vocabulary: vocabulary,
            context: count("context_length"), epsilon: number(epsilonKey), tied: tied
        ).checked(file)
    }

    /// The common part of every family's shape in a `config.json`.
    func huggingFaceShape(_ family: ModelConfiguration.Family, vocabulary: Int, tied: Bool) throws -> ModelConfiguration
    {
        let width = try count("hidden_size")
        let heads = try count("num_attention_heads", most: 4096)
        let headSize = value("head_dim") == nil ? width / heads : try count("head_dim")
        return try ModelConfiguration(
            family: family, layers: count("num_hidden_layers", most: 4096), width: width, heads: heads,
            kvHeads: count("num_key_value_heads", default: heads), headSize: headSize,
            hidden: count("intermediate_size"),
            vocabulary: vocabulary, context: count("max_position_embeddings", default: 2048),
            epsilon: number("rms_norm_eps", default: 1e-6),
            tied: tied
        ).checked(file)
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
}
