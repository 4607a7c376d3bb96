import Foundation
import JSONDocument
import WeightFiles

/// What can be said of a model before its weights are there.
extension Model {
    /// The family of what a GGUF calls its architecture. Throws ``ModelFailure`` where this engine runs none.
    @discardableResult
    package static func requireFamily(architecture: String, at path: String) throws -> ModelConfiguration.Family {
        if let family = ModelConfiguration.Family(architecture: architecture) { return family }
        throw ModelFailure(
            place: "\(path), general.architecture",
            problem: "the architecture '\(architecture)' is not one this engine runs",
            remedy: "Choose a base of \(ModelConfiguration.Family.allCases.map(\.name).joined(separator: ", ")).")
    }

    /// The family of a `model_type`. Throws ``ModelFailure`` where this engine runs none.
    @discardableResult
    static func requireFamily(modelType kind: String, file: String) throws -> ModelConfiguration.Family {
        if let family = ModelConfiguration.Family(modelType: kind) { return family }
        let kinds = ModelConfiguration.Family.allCases.flatMap { $0.facts.modelTypes } + WrappedModel.wrappers.keys
        throw ModelFailure(
            place: "\(file), model_type", problem: "the model type '\(kind)' is not one this engine runs",
            remedy: "Choose a base of \(kinds.joined(separator: ", ")).")
    }

    /// Refuses weights that are stored in a way that this engine does not read.
    package static func requirePlainWeights(_ configs: [JSONNode], file: String) throws {
        for key in ["quantization_config", "quantization", "compression_config"]
        where configs.contains(where: { $0[key] != nil }) {
            throw ModelFailure(
                place: "\(file), \(key)",
                problem: "weights quantised by bitsandbytes, GPTQ, MLX or the like are not supported",
                remedy: "Use the original weights, or a GGUF.")
        }
    }

    /// Refuses a Hugging Face folder whose configuration names a model that this engine does not run; looks at nothing
    /// else. A GGUF file passes. Throws ``ModelFailure``.
    package static func requireKind(ofFolder path: String) throws {
        let file = path + "/config.json"
        guard FileManager.default.fileExists(atPath: file) else { return }
        let config = try HuggingFaceFolder.json("config.json", in: path)
        try requirePlainWeights([config], file: file)
        let kind = config["model_type"]?.string ?? ""
        guard !WrappedModel.wraps(kind) else { return }
        try requireFamily(modelType: kind, file: file)
    }
}
