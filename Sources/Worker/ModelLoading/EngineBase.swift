import Encoding
import Foundation
import JSONDocument
import Nouns
import Platform
import Tensors
import Transformers
import WeightFiles

/// A base of an architecture that this worker does not run, as a Hugging Face folder: its text, its shape and its
/// tensors by their names, which is all that needs no forward pass. Other engines compute with it.
package struct EngineBase {
    package let folder: HuggingFaceFolder
    package let text: TokenizerFile
    /// The `model_type` of its `config.json`.
    package let kind: String
    package let context: Int
    package let layers: Int
    package let width: Int
    package let vocabulary: Int
    /// Whether its configuration says no longest text, so that ``context`` is a choice of ours.
    package let isContextChosen: Bool
    private let date: Int

    /// The `model_type` of a folder that this worker does not run; nil for everything else.
    package static func kind(of path: String) -> String? {
        guard let config = try? HuggingFaceFolder.json("config.json", in: path),
            let kind = config["model_type"]?.string, !WrappedModel.wraps(kind),
            ModelConfiguration.Family(modelType: kind) == nil
        else { return nil }
        return kind
    }

    /// The longest text where a configuration names none.
    private static let usualContext = 2048

    /// Reads the folder with the template and date of a reference. Throws ``ModelFailure``, ``WeightFileError`` and
    /// what the tokenizer throws.
    package init(_ reference: ModelReference) throws {
        var text = try Self.text(reference.basePath)
        if let template = reference.template { text = try text.with(template: template) }
        try self.init(path: reference.basePath, text: text, date: try LoadedModel.date(reference))
    }

    /// Reads the folder alone. Throws as ``init(_:)`` does.
    package init(path: String) throws {
        try self.init(path: path, text: try Self.text(path), date: RowEncoder.usualDate)
    }

    private static func text(_ path: String) throws -> TokenizerFile { try TokenizerFile(path: path) }

    private init(path: String, text: TokenizerFile, date: Int) throws {
        folder = try HuggingFaceFolder(path: path)
        self.date = date
        let (file, config) = (path + "/config.json", folder.config)
        try Model.requirePlainWeights([config], file: file)
        kind = config["model_type"]?.string ?? ""
        func number(_ keys: String...) -> Int? { keys.lazy.compactMap { config[$0]?.integer }.first { $0 > 0 } }
        guard let vocabulary = number("vocab_size"),
            let layers = number("num_hidden_layers", "n_layers", "n_layer", "num_layers"),
            let width = number("hidden_size", "d_model", "n_embd")
        else {
            throw ModelFailure(
                place: file, problem: "it says no vocab_size, no number of layers or no width that could be read",
                remedy: "Use a base that transformers saved (save_pretrained).")
        }
        (self.vocabulary, self.layers, self.width) = (vocabulary, layers, width)
        let told = number("max_position_embeddings", "max_seq_len", "n_positions", "seq_length", "n_ctx")
        (context, isContextChosen) = (told ?? Self.usualContext, told == nil)
        if let (name, type) = folder.otherTypes.filter({ $0.value.hasPrefix("F") }).min(by: { $0.key < $1.key }) {
            throw ModelFailure(
                place: "\(path), \(name)", problem: "weights of type \(type) are not supported (F32, F16 and BF16 are)",
                remedy: "Use the original weights.")
        }
        guard text.tokenizer.vocabularySize > vocabulary else {
            self.text = text
            return
        }
        guard text.hasOnlyUnusedTokens(from: vocabulary) else {
            throw ModelFailure(
                place: path,
                problem:
                    "the tokenizer has \(text.tokenizer.vocabularySize) tokens, and the weights only \(vocabulary)",
                remedy: "Tokenizer and weights are of different models: download the model again.")
        }
        self.text = try text.cut(to: vocabulary)
    }

    /// The same with the tensors of another folder.
    init(_ base: EngineBase, folder: HuggingFaceFolder) {
        self.folder = folder
        (text, kind, date) = (base.text, base.kind, base.date)
        (context, isContextChosen) = (base.context, base.isContextChosen)
        (layers, width, vocabulary) = (base.layers, base.width, base.vocabulary)
    }

    /// The encoder of rows, as of a model that this worker runs.
    package var encoder: RowEncoder { RowEncoder(text, context: context, date: date) }

    /// All files, by digest; paths are relative to the folder. Throws what `interruption` throws.
    package func files(interruption: Interruption) throws -> [FileReference] {
        try folder.files.map { name in
            var reference = try FileReference(of: folder.path + "/" + name, interruption: interruption)
            reference.path = name
            return reference
        }
    }

    /// The same files with their sizes alone.
    package func sizes() throws -> [FileReference] {
        try folder.files.map { name in
            let bytes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)[.size] as? Int
            return FileReference(path: name, sha256: "", bytes: bytes ?? 0)
        }
    }

    /// SHA-256 over all that decides how text becomes tokens.
    package func tokenizerDigest() throws -> String { try FileReference(of: folder.path + "/tokenizer.json").sha256 }

    /// SHA-256 of the chat template; nil where there is none.
    package var templateDigest: String? { text.tokenizer.chatTemplate.map { Digest.sha256(Data($0.utf8)) } }

    package var parameters: Int { folder.tensors.values.reduce(0) { $0 + $1.count } }

    /// Number types, and how many tensors have each.
    package var quantisation: [String: Int] {
        folder.tensors.values.reduce(into: [:]) { $0[$1.type.label, default: 0] += 1 }
    }

    /// Numbers of the tensors that are no finite numbers, with the name of a tensor of one. Throws what `interruption`,
    /// asked before each tensor, throws.
    package func nonFinite(interruption: Interruption) throws -> (count: Int, first: String?) {
        var (total, first) = (0, String?.none)
        for (name, tensor) in folder.tensors.sorted(by: { $0.key < $1.key }) {
            try interruption()
            let count = Self.nonFinite(tensor)
            if count > 0, first == nil { first = name }
            total += count
        }
        return (total, first)
    }

    static func nonFinite(_ tensor: StoredTensor) -> Int {
        let matrix = WeightMatrix(tensor)
        var row = [Float](repeating: 0, count: max(1, matrix.in))
        var count = 0
        for index in 0..<matrix.out where matrix.in > 0 {
            row.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                matrix.row(index, into: start)
                // A sum is finite only where all its terms are; the slow count is for the rare other case.
                var sum: Float = 0
                for value in buffer { sum += value * 0 }
                if sum != 0 || sum.isNaN { count += buffer.count { !$0.isFinite } }
            }
        }
        return count
    }
}
