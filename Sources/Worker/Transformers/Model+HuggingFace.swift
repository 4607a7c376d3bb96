import Foundation
import JSONDocument
import Tensors
import WeightFiles

extension Model {
    /// Builds the model that a Hugging Face folder holds, mapped in its own number type.
    ///
    /// Throws ``ModelFailure`` where the architecture, a key or a shape is not one the engine runs, and where the
    /// folder holds something that would not be used.
    package init(huggingFace folder: HuggingFaceFolder) throws {
        let contents = try WrappedModel(folder)
        let file = contents.place
        let config = contents.config
        try Self.requirePlainWeights([config, folder.config], file: file)
        let kind = config["model_type"]?.string ?? ""
        let family = try Self.requireFamily(modelType: kind, file: file)
        if contents.root == nil { try Self.checkClass(config, kind, file: file) }
        try Self.checkTensors(folder, contents)
        let layout = family.facts.huggingFace
        // A folder saved from the bare model lacks the prefix.
        let root = contents.tensors.keys.contains { $0.hasPrefix(layout.root) } ? layout.root : ""
        let name = root + layout.embedding + ".weight"
        guard let embedding = contents.tensors[name], embedding.shape.count == 2 else {
            throw ModelFailure(
                place: "\(folder.path), \(name)", problem: "this tensor is missing or no matrix",
                remedy: "The model is incomplete, or of an architecture that is not supported.")
        }
        if let size = config["vocab_size"]?.integer, size != embedding.rows {
            throw ModelFailure(
                place: "\(file), vocab_size",
                problem: "this is \(size), and the embedding has \(embedding.rows) rows",
                remedy: "Save the model again with save_pretrained after resize_token_embeddings.")
        }
        let head = layout.head + ".weight"
        let tied = try Self.isTied(contents, folder.path, head: head, embedding: embedding, family.facts.declared(kind))
        let c = try family.facts.shape(config, file: file, vocabulary: embedding.rows, tied: tied)
        let shelf = TensorShelf(file: folder.path, layout: layout, root: root) { contents.tensors[$0] }
        try shelf.checkNames(contents.tensors.keys.sorted(), c) { name in
            Self.isBuffer(name) || family.facts.otherTensors.contains(where: name.hasPrefix)
        }
        try self.init(
            c, shelf, parameters: contents.tensors.reduce(0) { $0 + (tied && $1.key == head ? 0 : $1.value.count) },
            of: contents.tensors)
        moduleRoot = contents.root
    }

    /// Whether the output projection is the embedding. Throws where it is neither there nor tied, and where both are
    /// there and differ, which versions of transformers read differently.
    private static func isTied(
        _ contents: WrappedModel, _ path: String, head: String, embedding: StoredTensor, _ keys: DeclaredKeys
    ) throws -> Bool {
        let key = "tie_word_embeddings"
        let isTied = (contents.config[key] ?? keys.absent(key)) == .flag(true)
        guard let stored = contents.tensors[head] else {
            if isTied { return true }
            throw ModelFailure(
                place: "\(path), \(head)",
                problem: "the output projection is missing, and config.json does not tie it to the embedding; "
                    + "transformers would start it at random",
                remedy: "Save the model again with its head. If the model does tie them, write "
                    + "\"tie_word_embeddings\": true in config.json.")
        }
        guard isTied else { return false }
        guard stored.type == embedding.type, stored.shape == embedding.shape,
            stored.bytes.elementsEqual(embedding.bytes)
        else {
            throw ModelFailure(
                place: "\(contents.place), \(key)",
                problem: "this is true, and \(head) is there and differs from the embedding",
                remedy: "Write false if the head is to be used, or take \(head) out of the weights.")
        }
        return true
    }

    /// Refuses folders of another class than a language model of the family, and those that bring a class of their own.
    private static func checkClass(_ config: JSONNode, _ kind: String, file: String) throws {
        let stem = kind.replacing("_text", with: "").replacing("_", with: "")
        let known = ["forcausallm", "lmheadmodel", "model", "textmodel"].map { stem + $0 }
        for name in (config["architectures"]?.list ?? []).compactMap(\.string)
        where !known.contains(name.lowercased().replacing("_", with: "")) {
            throw ModelFailure(
                place: "\(file), architectures", problem: "'\(name)' is no language model of type \(kind)",
                remedy: "Give the folder of the language model itself.")
        }
        // Folders of before transformers had the family bring a class of the name that it has there by now.
        func isKnown(_ name: JSONNode?) -> Bool {
            let own = name?.string?.split(separator: ".").last.map { $0.lowercased().replacing("_", with: "") }
            return known.contains(own ?? "")
        }
        let code = config["auto_map"]?.members ?? [:]
        if let name = ["AutoModelForCausalLM", "AutoModel"].first(where: { code[$0] != nil && !isKnown(code[$0]) }) {
            throw ModelFailure(
                place: "\(file), auto_map.\(name)", problem: "the folder brings code of its own, which is never run",
                remedy: "Choose another base model. If it is a plain model of type \(kind), take auto_map out.")
        }
    }

    /// Whether a tensor is one that is computed, and that older versions of transformers saved all the same.
    private static func isBuffer(_ name: String) -> Bool {
        [".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"].contains { name.hasSuffix($0) }
    }

    /// Refuses tensors of number types that are not read, and names of wrappers that were saved along.
    private static func checkTensors(_ folder: HuggingFaceFolder, _ contents: WrappedModel) throws {
        if let (name, type) = contents.otherTypes.filter({ !isBuffer($0.key) }).min(by: { $0.key < $1.key }) {
            let what = type.hasPrefix("F8") ? "fp8 weights (\(type))" : "weights of type \(type)"
            throw ModelFailure(
                place: "\(folder.path), \(name)", problem: "\(what) are not supported (F32, F16 and BF16 are)",
                remedy: "Use the original weights, or a GGUF of the model.")
        }
        let wrappers = [
            ("_orig_mod.", "the model was saved while compiled: save the module that torch.compile was given"),
            ("module.", "the model was saved in its wrapper for several devices: save model.module"),
            ("base_model.model.", "the model was saved in its LoRA wrapper: save model.merge_and_unload()"),
        ]
        for name in folder.tensors.keys.sorted() {
            if let (beginning, remedy) = wrappers.first(where: { name.hasPrefix($0.0) }) {
                throw ModelFailure(
                    place: "\(folder.path), \(name)", problem: "the names of tensors begin with '\(beginning)'",
                    remedy: remedy.prefix(1).uppercased() + remedy.dropFirst() + ".")
            }
            if name.contains(".base_layer.") || name.contains(".lora_") {
                throw ModelFailure(
                    place: "\(folder.path), \(name)", problem: "the weights hold a LoRA adapter that is not merged",
                    remedy: "Save model.merge_and_unload() instead.")
            }
        }
    }
}
