import Contracts
import Crypto
import Foundation
import Generation
import Tensors
import Training
import Transformers
import WeightFiles

/// Reads a base model, checks that it runs, and describes it.
struct InspectRunner {
    let context: TaskContext

    func run(_ task: InspectTask) throws -> WorkerResult {
        context.events.stage("loading")
        let loaded = try LoadedModel(path: task.path)
        context.events.stage("checking")
        let bits = try probe(loaded)
        context.events.stage("digesting")
        let files = try self.files(loaded)
        var card = BaseCard(
            id: task.id, architecture: loaded.model.configuration.family.rawValue, name: name(loaded),
            parameters: loaded.model.weights.parameters, quantisation: loaded.model.weights.quantisation,
            contextLength: loaded.model.configuration.context, layers: loaded.model.configuration.layers,
            width: loaded.model.configuration.width, vocabulary: loaded.model.configuration.vocabulary,
            licence: licence(loaded), tokenizer: tokenizerName(loaded), tokenizerDigest: try tokenizerDigest(loaded),
            chatTemplateDigest: loaded.text.tokenizer.chatTemplate.map { Self.digest(Data($0.utf8)) },
            format: loaded.gguf == nil ? "huggingface" : "gguf", files: files,
            digest: Self.digest(Data(files.map(\.sha256).sorted().joined(separator: "\n").utf8)),
            trainingMemoryBytes: try trainingMemory(loaded, files), origin: task.path)
        card.measured["bits_per_byte"] = bits
        var result = WorkerResult()
        result.card = card
        result.files = files
        return result
    }

    /// Runs a sentence through the model: weights that give no number are refused here and not in the middle of a run.
    private func probe(_ loaded: LoadedModel) throws -> Double {
        let text = "The quick brown fox jumps over the lazy dog. Water boils at one hundred degrees."
        let example = try loaded.encoder.example(.text(text), maximumLength: 64)
        let transformer = try Transformer(loaded.model, team: ThreadTeam(threads: context.threads))
        let losses = try transformer.score(TokenTree([example.sequence]))
        let sum = losses.reduce(0.0) { $0 + Double($1.loss) }
        guard sum.isFinite else {
            throw ModelFailure(
                place: loaded.path, problem: "the model's loss on plain text is \(sum)",
                remedy: "The weights are damaged: copy or download the model again.")
        }
        return sum / log(2) / Double(text.utf8.count)
    }

    /// All files of the base, by digest; paths are relative to its folder.
    private func files(_ loaded: LoadedModel) throws -> [FileReference] {
        let names: [String]
        let folder: String
        if loaded.gguf != nil {
            let url = URL(filePath: loaded.path)
            (folder, names) = (url.deletingLastPathComponent().path, [url.lastPathComponent])
        } else {
            (folder, names) = (loaded.path, try HuggingFaceFolder(path: loaded.path).files)
        }
        return try names.map { name in
            var reference = try ResultFile.reference(folder + "/" + name)
            reference.path = name
            return reference
        }
    }

    private func name(_ loaded: LoadedModel) -> String? {
        loaded.gguf?.metadata["general.name"]?.string ?? (loaded.gguf == nil ? URL(filePath: loaded.path).lastPathComponent : nil)
    }

    /// `general.license`, or the `license:` line at the head of a folder's README.
    private func licence(_ loaded: LoadedModel) -> String? {
        if let gguf = loaded.gguf { return gguf.metadata["general.license"]?.string }
        guard let readme = try? String(contentsOfFile: loaded.path + "/README.md", encoding: .utf8), readme.hasPrefix("---") else {
            return nil
        }
        let head = readme.split(separator: "\n").dropFirst().prefix { $0 != "---" }
        return head.first { $0.hasPrefix("license:") }.map { $0.dropFirst(8).trimmingCharacters(in: .whitespaces) }
    }

    private func tokenizerName(_ loaded: LoadedModel) -> String {
        guard let gguf = loaded.gguf else { return "tokenizer.json" }
        let kind = gguf.metadata["tokenizer.ggml.model"]?.string ?? "?"
        return gguf.metadata["tokenizer.ggml.pre"]?.string.map { "\(kind)/\($0)" } ?? kind
    }

    /// SHA-256 over all that decides how text becomes tokens.
    private func tokenizerDigest(_ loaded: LoadedModel) throws -> String {
        guard let gguf = loaded.gguf else { return try ResultFile.reference(loaded.path + "/tokenizer.json").sha256 }
        var hash = SHA256()
        for key in gguf.metadata.keys.sorted() where key.hasPrefix("tokenizer.ggml.") {
            hash.update(data: Data("\(key)\0".utf8))
            switch gguf.metadata[key] {
            case .texts(let texts)?: for text in texts { hash.update(data: Data("\(text)\0".utf8)) }
            case .integers(let numbers)?: numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
            case .numbers(let numbers)?: numbers.withUnsafeBytes { hash.update(bufferPointer: $0) }
            case let value?: hash.update(data: Data("\(value)\0".utf8))
            case nil: break
            }
        }
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }

    /// Weights as they lie in the page cache, adapter and optimizer, the longest default row, logits and tables.
    private func trainingMemory(_ loaded: LoadedModel, _ files: [FileReference]) throws -> Int {
        let recipe = Recipe()
        let adapter = try Adapter(AdapterStart.layout(recipe, for: loaded.model), for: loaded.model)
        let transformer = try Transformer(
            loaded.model, adapter: adapter, team: ThreadTeam(threads: 1), training: true)
        let length = min(recipe.maxLength, loaded.model.configuration.context)
        return files.reduce(0) { $0 + $1.bytes } + 5 * 4 * adapter.count + transformer.bytesPerToken * length + (128 << 20)
    }

    private static func digest(_ data: Data) -> String { SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined() }
}
