import ChatTemplates
import Foundation
import Nouns
import Tensors
import Tokenization
import Transformers
import WeightFiles

/// A model ready for work: weights mapped, tokenizer and template read, and what was trained on it.
package struct LoadedModel {
    /// The GGUF file or the Hugging Face folder.
    package let path: String
    /// The base, or the weights that full fine-tuning made of it.
    package private(set) var model: Model
    /// The adapters on top of ``model`` as one; nil where there is none.
    package private(set) var adapter: Adapter?
    package private(set) var text: TokenizerFile
    /// GGUF metadata where the base is a GGUF file.
    package let gguf: GGUFFile?
    /// Seconds since 1970 on the day that the template prints.
    private var date = RowEncoder.usualDate

    /// Loads a base with all that was trained on it. Throws what `interruption` throws.
    package init(_ reference: ModelReference, interruption: Interruption) throws {
        try self.init(path: reference.basePath)
        try interruption()
        if let template = reference.template { text = try text.with(template: template) }
        date = try Self.date(reference)
        (model, adapter) = try Self.trained(reference.adapters, on: model, interruption: interruption)
    }

    /// Loads what was written of `model`, to be asked as that is.
    package init(path: String, like model: LoadedModel) throws {
        try self.init(path: path)
        date = model.date
    }

    /// Loads a GGUF file, a Hugging Face folder, or a folder that holds one GGUF file.
    package init(path: String) throws {
        self.path = try Self.resolve(path)
        if Self.isFolder(self.path) {
            let folder = try HuggingFaceFolder(path: self.path)
            model = try Model(huggingFace: folder)
            gguf = nil
            text = try TokenizerFile(path: self.path)
        } else {
            let file = try GGUFFile(wholeAt: self.path)
            gguf = file
            model = try Model(gguf: file)
            text = try TokenizerFile(file)
        }
        // Tokens for pictures and sounds stand behind the rows of the weights in some published folders; a text never
        // has them.
        let rows = model.configuration.vocabulary
        if text.tokenizer.vocabularySize > rows, text.hasOnlyUnusedTokens(from: rows) {
            text = try text.cut(to: rows)
        }
        try checkVocabulary()
    }

    /// Refuses text whose tokens the weights do not have.
    private func checkVocabulary() throws {
        let (tokens, rows) = (text.tokenizer.vocabularySize, model.configuration.vocabulary)
        guard tokens > rows else { return }
        let names = (rows..<tokens).compactMap { text.tokenizer.name(of: Int32($0)) }
        let shown = names.prefix(5).joined(separator: ", ")
        throw ModelFailure(
            place: path,
            problem: "the tokenizer has \(tokens) tokens, and the weights only \(rows): there are none for \(shown)"
                + (names.count > 5 ? " and \(names.count - 5) more" : ""),
            remedy: tokens - rows <= 64
                ? "Tokens were added after training: call model.resize_token_embeddings(\(tokens)) and save the model "
                    + "again, or take the tokens out of the tokenizer's files."
                : "Tokenizer and weights are of different models: download the model again.")
    }

    /// The encoder of rows, with a fixed date so that a row has the same tokens whenever it is encoded.
    package var encoder: RowEncoder { RowEncoder(text, context: model.configuration.context, date: date) }

    /// The encoder of rows for a reference to the same base. Throws `TemplateFailure`.
    package func encoder(for reference: ModelReference) throws -> RowEncoder {
        let own = try reference.template.map { try text.with(template: $0) } ?? text
        return RowEncoder(own, context: model.configuration.context, date: try Self.date(reference))
    }

    static func date(_ reference: ModelReference) throws -> Int {
        guard let day = reference.date else { return RowEncoder.usualDate }
        guard let seconds = TemplateDay.seconds(day) else {
            throw Failure(
                code: "model.date", "'\(day)' is no day.", at: "model.date", remedy: "Write it as \"2027-01-15\".")
        }
        return seconds
    }

    /// What `references` make of `model`, in order: the last whole set of weights, and one adapter for all that follow
    /// it. Digests are checked. Throws what `interruption` throws.
    package static func trained(_ references: [AdapterReference], on model: Model, interruption: Interruption) throws
        -> (Model, Adapter?)
    {
        try checkDigests(references, interruption: interruption)
        let whole = references.lastIndex(where: isWhole)
        let result = try whole.map { try weights(references[$0].path, like: model) } ?? model
        let adapters = references[(whole.map { $0 + 1 } ?? 0)...]
        return (result, adapters.isEmpty ? nil : try AdapterFolder.read(adapters.map(\.path), for: result))
    }

    /// Refuses files of another digest than a reference says. Throws what `interruption` throws.
    static func checkDigests(_ references: [AdapterReference], interruption: Interruption) throws {
        for reference in references {
            let isFile = reference.path.hasSuffix(".gguf")
            let weights = isWhole(reference) ? "/model.safetensors" : "/adapter_model.safetensors"
            let configuration = isFile ? "" : reference.configuration ?? ""
            for (name, said) in [(isFile ? "" : weights, reference.sha256), ("/adapter_config.json", configuration)]
            where !said.isEmpty {
                let file = reference.path + name
                let digest = try FileReference(of: file, interruption: interruption).sha256
                guard digest == said else {
                    throw Failure(
                        code: "model.digest", "The SHA-256 is \(digest), but the request names \(said).", at: file,
                        remedy: "The file was changed or damaged: restore the version's folder.")
                }
            }
        }
    }

    /// Whether a folder holds a model's weights rather than an adapter to them.
    package static func isWhole(_ reference: AdapterReference) -> Bool {
        FileManager.default.fileExists(atPath: reference.path + "/config.json")
    }

    private static func weights(_ path: String, like model: Model) throws -> Model {
        let own = try Model(huggingFace: HuggingFaceFolder(path: path))
        let c = model.configuration
        let other = own.configuration
        let shape = { (c: ModelConfiguration) in
            [
                c.layers, c.width, c.heads, c.kvHeads, c.headSize, c.hidden, c.vocabulary, c.tied ? 1 : 0,
                c.perLayerWidth,
            ]
        }
        guard other.family == c.family, shape(other) == shape(c) else {
            throw ModelFailure(
                place: path, problem: "these weights are not of the base's shape",
                remedy: "Use the base that they were trained from.")
        }
        return Model(configuration: c, weights: own.weights)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func resolve(_ path: String) throws -> String {
        guard isFolder(path), !FileManager.default.fileExists(atPath: path + "/config.json") else { return path }
        if let adapter = FileManager.default.contents(atPath: path + "/adapter_config.json") {
            let members = try? JSONDecoder().decode([String: JSONValue].self, from: adapter)
            let base = members?["base_model_name_or_path"]?.stringValue ?? ""
            throw ModelFailure(
                place: path,
                problem: "this is a LoRA adapter" + (base.isEmpty ? "" : " of \(base)") + ", not a model",
                remedy: "Merge it (model.merge_and_unload() of peft) and give the result, or give the base itself.")
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
            $0.hasSuffix(".gguf")
        }
        guard names.count == 1 else {
            let isSplit = names.contains { $0.contains("-of-") }
            // All parts of one model, whose first part leads to the others.
            let stems = Set(names.map { $0.replacing(/-[0-9]{5}-of-[0-9]{5}\.gguf$/, with: "") })
            if isSplit, stems.count == 1, let first = names.min(), first.contains("-00001-of-") {
                return path + "/" + first
            }
            throw ModelFailure(
                place: path,
                problem: names.isEmpty
                    ? "the folder holds neither a config.json nor a .gguf file"
                    : "the folder holds \(names.count) .gguf files",
                remedy: isSplit
                    ? "Give a folder with all parts of one model and nothing else."
                    : "Give the model file itself, or a folder as `save_pretrained` writes it.")
        }
        return path + "/" + names[0]
    }
}
