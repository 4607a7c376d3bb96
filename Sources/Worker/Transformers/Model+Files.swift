import JSONDocument
import Tensors
import WeightFiles

extension Model {
    /// Builds the model that a GGUF file holds, mapped and still quantised.
    ///
    /// Throws ``ModelFailure`` where the architecture or a shape is not one the engine runs, ``WeightFileError`` where
    /// a tensor is missing.
    package init(gguf: GGUFFile) throws {
        let architecture = try gguf.required("general.architecture", "text") { $0.string }
        guard let family = ModelConfiguration.Family(architecture: architecture) else {
            throw ModelFailure(
                place: "\(gguf.path), general.architecture",
                problem: "the architecture '\(architecture)' is not one this engine runs",
                remedy: "Choose a base of \(ModelConfiguration.Family.allCases.map(\.name).joined(separator: ", ")).")
        }
        let layout = family.facts.gguf
        let vocabulary = try gguf.tensor(layout.root + layout.embedding + ".weight").rows
        let c = try family.facts.shape(
            gguf, vocabulary: vocabulary, tied: gguf.tensors[layout.head + ".weight"] == nil)
        let shelf = TensorShelf(file: gguf.path, layout: layout, root: layout.root) { gguf.tensors[$0] }
        try self.init(
            c, shelf, parameters: gguf.tensors.values.reduce(0) { $0 + $1.count }, of: gguf.tensors)
    }

    /// Builds the model that a Hugging Face folder holds, mapped in its own number type.
    ///
    /// Throws ``ModelFailure`` where the architecture or a shape is not one the engine runs.
    package init(huggingFace folder: HuggingFaceFolder) throws {
        let file = folder.path + "/config.json"
        let config = folder.config
        if config["quantization_config"] != nil {
            throw ModelFailure(
                place: "\(file), quantization_config",
                problem: "weights quantised by bitsandbytes, GPTQ or the like are not supported",
                remedy: "Use the original weights, or a GGUF.")
        }
        let kind = config["model_type"]?.string ?? ""
        guard let family = ModelConfiguration.Family(modelType: kind) else {
            let kinds = ModelConfiguration.Family.allCases.flatMap { $0.facts.modelTypes }.joined(separator: ", ")
            throw ModelFailure(
                place: "\(file), model_type", problem: "the model type '\(kind)' is not one this engine runs",
                remedy: "Choose a base of \(kinds).")
        }
        let layout = family.facts.huggingFace
        // A folder saved from the bare model lacks the prefix.
        let root = folder.tensors.keys.contains { $0.hasPrefix(layout.root) } ? layout.root : ""
        let name = root + layout.embedding + ".weight"
        guard let embedding = folder.tensors[name], embedding.shape.count == 2 else {
            throw ModelFailure(
                place: "\(folder.path), \(name)", problem: "this tensor is missing or no matrix",
                remedy: "The model is incomplete, or of an architecture that is not supported.")
        }
        let head = layout.head + ".weight"
        let tied = folder.tensors[head] == nil || config["tie_word_embeddings"]?.bool == true
        let c = try family.facts.shape(config, file: file, vocabulary: embedding.rows, tied: tied)
        try self.init(
            c, TensorShelf(file: folder.path, layout: layout, root: root) { folder.tensors[$0] },
            parameters: folder.tensors.reduce(0) { $0 + (tied && $1.key == head ? 0 : $1.value.count) },
            of: folder.tensors)
    }

    /// Takes the tensors of a model of shape `c` from its file.
    private init(
        _ c: ModelConfiguration, _ shelf: TensorShelf, parameters: Int, of tensors: [String: StoredTensor]
    ) throws {
        let layout = shelf.layout
        let embedding = try shelf.matrix(shelf.root + layout.embedding, c.vocabulary, c.width)
        self.init(
            configuration: c,
            weights: ModelWeights(
                embedding: embedding,
                positions: try layout.positions.map { try shelf.matrix(shelf.root + $0, c.context, c.width) },
                layers: try (0..<c.layers).map { try shelf.block($0, c) },
                finalNorm: try shelf.norm(shelf.root + layout.finalNorm, c.width),
                head: c.tied ? embedding : try shelf.matrix(layout.head, c.vocabulary, c.width),
                parameters: parameters,
                quantisation: tensors.values.reduce(into: [:]) { $0[$1.type.label, default: 0] += 1 }))
    }
}
