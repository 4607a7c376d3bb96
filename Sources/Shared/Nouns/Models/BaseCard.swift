import Foundation

/// What is known of one registered base model; written once at registration, then only measured scores are added.
package struct BaseCard: Codable, Hashable, Sendable {
    package var id: BaseID
    /// The architecture as the weights name it: `llama`, `qwen2`, `qwen3`, `gemma3`, `gpt2`; of one that only engines
    /// run the `model_type` of its `config.json`.
    package var architecture: String
    /// The model's own name, where the file has one.
    package var name: String?
    package var parameters: Int
    /// Storage types and how many tensors have each, such as `["Q4_1": 210, "F32": 61]`.
    package var quantisation: [String: Int]
    package var contextLength: Int
    package var layers: Int
    package var width: Int
    package var vocabulary: Int
    package var licence: String?
    /// Kind and pre-tokenizer, such as `gpt2/smollm`.
    package var tokenizer: String
    package var tokenizerDigest: String
    /// How the tokenizer spells its control tokens, which no text of a row should; nil in cards of before they were
    /// noted.
    package var controlTokens: [String]?
    /// The tokens that end an answer, as the tokenizer spells them; nil in cards of before they were noted.
    package var endTokens: [String]?
    /// What whoever uses the base should know of it, as sentences; nil in cards of before they were made.
    package var remarks: [String]?
    /// Whether the chat template prints today's date; nil in cards of before that was noted.
    package var printsDate: Bool?
    /// Whether only other engines than the daemon's worker compute with it, because the worker does not run its
    /// architecture; nil: the worker does.
    package var isForEngines: Bool?
    /// The chat template's SHA-256, or nil where the base has none.
    package var chatTemplateDigest: String?
    /// `gguf` or `huggingface`.
    package var format: String
    /// The files of the base, relative to its folder in the registry, with their digests.
    package var files: [FileReference]
    /// SHA-256 over the sorted file digests: the identity that adapters are bound to.
    package var digest: String
    /// Bytes of memory that a LoRA run with the default recipe needs at its smallest micro-batch.
    package var trainingMemoryBytes: Int
    /// Where it came from: a path or `pip:package==version`.
    package var origin: String?
    /// The repository, commit and digests that it was fetched by; nil where it came from a path or a package.
    package var source: BaseSource?
    package var addedAt: Date
    /// Measured once on this machine: training tokens a second, bits per byte of the base's own probe, …
    package var measured: [String: Double]
    /// Texts that the base wrote by itself when it was registered (JSON lines of ``Row``, beside its files): what it
    /// knew.
    package var probe: FileReference?
    /// The seed of the probe's sampling.
    package var probeSeed: UInt64?

    /// What a worker loads, where `folder` is the base's folder in the registry: its GGUF file, or the folder itself.
    package func path(in folder: String) -> String {
        format == "gguf" ? files.first.map { folder + "/" + $0.path } ?? folder : folder
    }

    package init(
        id: BaseID, architecture: String, name: String? = nil, parameters: Int, quantisation: [String: Int],
        contextLength: Int, layers: Int, width: Int, vocabulary: Int, licence: String? = nil, tokenizer: String,
        tokenizerDigest: String, chatTemplateDigest: String? = nil, format: String, files: [FileReference] = [],
        digest: String = "", trainingMemoryBytes: Int, origin: String? = nil, addedAt: Date = Date(),
        measured: [String: Double] = [:]
    ) {
        self.id = id
        self.architecture = architecture
        self.name = name
        self.parameters = parameters
        self.quantisation = quantisation
        self.contextLength = contextLength
        self.layers = layers
        self.width = width
        self.vocabulary = vocabulary
        self.licence = licence
        self.tokenizer = tokenizer
        self.tokenizerDigest = tokenizerDigest
        self.chatTemplateDigest = chatTemplateDigest
        self.format = format
        self.files = files
        self.digest = digest
        self.trainingMemoryBytes = trainingMemoryBytes
        self.origin = origin
        self.addedAt = addedAt
        self.measured = measured
    }
}
