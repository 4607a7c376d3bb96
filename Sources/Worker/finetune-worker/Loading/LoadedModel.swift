import ChatTemplates
import Contracts
import Foundation
import Tensors
import TokenizerFiles
import Tokenization
import Transformers
import WeightFiles

/// A base model ready for work: weights mapped, tokenizer and template read.
struct LoadedModel {
    /// The GGUF file or the Hugging Face folder.
    let path: String
    let model: Model
    let text: TokenizerFile
    /// GGUF metadata where the base is a GGUF file.
    let gguf: GGUFFile?

    /// Loads a GGUF file, a Hugging Face folder, or a folder that holds one GGUF file.
    init(path: String) throws {
        self.path = try Self.resolve(path)
        if Self.isFolder(self.path) {
            let folder = try HuggingFaceFolder(path: self.path)
            model = try Model(huggingFace: folder)
            gguf = nil
            text = try TokenizerFile(path: self.path)
        } else {
            let file = try GGUFFile(path: self.path)
            gguf = file
            model = try Model(gguf: file)
            text = try TokenizerFile(file)
        }
        guard text.tokenizer.vocabularySize <= model.configuration.vocabulary else {
            throw ModelFailure(
                place: self.path,
                problem: "the tokenizer has \(text.tokenizer.vocabularySize) tokens, and the weights only "
                    + "\(model.configuration.vocabulary)",
                remedy: "Tokenizer and weights are of different models: download the model again.")
        }
    }

    /// The encoder of rows, with a fixed date so that a row has the same tokens whenever it is encoded.
    var encoder: RowEncoder { RowEncoder(text, context: model.configuration.context) }

    /// One adapter that stands for all of `references` in order; nil where there is none. Digests are checked.
    func adapter(_ references: [AdapterReference]) throws -> Adapter? { try Self.adapter(references, for: model) }

    /// The same for a model that is not the base itself.
    static func adapter(_ references: [AdapterReference], for model: Model) throws -> Adapter? {
        if references.isEmpty { return nil }
        for reference in references where !reference.sha256.isEmpty {
            let file = reference.path + "/adapter_model.safetensors"
            let digest = try ResultFile.reference(file).sha256
            guard digest == reference.sha256 else {
                throw WorkerFault(
                    .badModel,
                    Failure(
                        code: "model.digest", "The adapter's SHA-256 is \(digest), but the request names \(reference.sha256).",
                        at: file, remedy: "The file was changed or damaged: restore the version's folder."))
            }
        }
        return try AdapterFolder.read(references.map(\.path), for: model)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func resolve(_ path: String) throws -> String {
        guard isFolder(path), !FileManager.default.fileExists(atPath: path + "/config.json") else { return path }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".gguf") }
        guard names.count == 1 else {
            throw ModelFailure(
                place: path,
                problem: names.isEmpty
                    ? "the folder holds neither a config.json nor a .gguf file" : "the folder holds \(names.count) .gguf files",
                remedy: "Give the model file itself, or a folder as `save_pretrained` writes it.")
        }
        return path + "/" + names[0]
    }
}
