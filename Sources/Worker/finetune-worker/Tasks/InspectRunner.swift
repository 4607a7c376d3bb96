import Foundation
import Generation
import ModelLoading
import Nouns
import Tensors
import Tokenization
import Training
import Transformers
import WeightFiles
import WorkerProtocol

/// Reads a base model, checks that it runs, and describes it.
struct InspectRunner {
    let context: TaskContext

    func run(_ task: InspectTask) throws -> WorkerResult {
        context.events.stage("loading")
        if Self.isForEngines(task) {
            // Without weights nothing is described.
            guard Self.hasWeights(task.path) else { return WorkerResult() }
            return try describe(EngineBase(path: task.path), task)
        }
        if task.isLook == true { return try look(task) }
        let loaded = try LoadedModel(path: task.path)
        context.events.stage("checking")
        let bits = try probe(loaded)
        context.events.stage("digesting")
        let files = try loaded.files(interruption: StopRequest.heed)
        return try describe(loaded, task, files: files, bits: bits)
    }

    /// Looks at what stands in front of weights that are not there yet.
    private func look(_ task: InspectTask) throws -> WorkerResult {
        if let architecture = task.architecture {
            try Model.requireFamily(architecture: architecture, at: task.path)
            return WorkerResult()
        }
        try Model.requireKind(ofFolder: task.path)
        guard Self.hasWeights(task.path) else { return WorkerResult() }
        let loaded = try LoadedModel(path: task.path)
        return try describe(loaded, task, files: try loaded.sizes(), bits: nil)
    }

    private static func hasWeights(_ path: String) -> Bool {
        let weights = ["", "/model.safetensors", "/model.safetensors.index.json"].map { path + $0 }
        return path.hasSuffix(".gguf") || weights.dropFirst().contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// - Parameter bits: what a sentence costs; nil where no weight was read.
    private func describe(
        _ loaded: LoadedModel, _ task: InspectTask, files: [FileReference], bits: (perByte: Double, perToken: Double)?
    ) throws -> WorkerResult {
        var card = BaseCard(
            id: task.id, architecture: loaded.model.configuration.family.name, name: name(loaded),
            parameters: loaded.model.weights.parameters, quantisation: loaded.model.weights.quantisation,
            contextLength: loaded.model.configuration.context, layers: loaded.model.configuration.layers,
            width: loaded.model.configuration.width, vocabulary: loaded.model.configuration.vocabulary,
            licence: licence(loaded), tokenizer: tokenizerName(loaded), tokenizerDigest: try loaded.tokenizerDigest(),
            chatTemplateDigest: loaded.templateDigest,
            format: loaded.gguf == nil ? "huggingface" : "gguf", files: files,
            digest: LoadedModel.digest(of: files),
            trainingMemoryBytes: try trainingMemory(loaded, files), origin: task.path)
        card.measured["bits_per_byte"] = bits?.perByte
        card.controlTokens = Self.controlTokens(loaded.encoder.tokenizer)
        card.printsDate = loaded.text.definition.chatTemplate?.contains("strftime_now") ?? false
        let ends = loaded.encoder.encoder.stopTokens().compactMap(loaded.encoder.tokenizer.name)
        card.endTokens = ends
        card.remarks = BaseRemarks.of(loaded, ends: ends, lossPerToken: bits?.perToken ?? 0)
        var result = WorkerResult()
        result.card = card
        result.files = files
        return result
    }

    /// Reserved tokens by the hundred, such as Llama's, are recognised by their form and need not be listed.
    static func controlTokens(_ tokenizer: Tokenizer) -> [String] {
        (0..<Int32(truncatingIfNeeded: tokenizer.vocabularySize)).filter(tokenizer.isControl).compactMap(tokenizer.name)
            .filter {
                !($0.hasPrefix("<|") && $0.hasSuffix("|>"))
            }
    }

    /// Runs a sentence through the model: weights that give no number are refused here and not in the middle of a run.
    private func probe(_ loaded: LoadedModel) throws -> (perByte: Double, perToken: Double) {
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
        return (sum / log(2) / Double(text.utf8.count), sum / Double(max(1, losses.count)))
    }

    private func name(_ loaded: LoadedModel) -> String? {
        loaded.gguf?.metadata["general.name"]?.string
            ?? (loaded.gguf == nil ? URL(filePath: loaded.path).lastPathComponent : nil)
    }

    /// `general.license`, or the `license:` line at the head of a folder's README.
    private func licence(_ loaded: LoadedModel) -> String? {
        if let gguf = loaded.gguf { return gguf.metadata["general.license"]?.string }
        return Self.licence(ofFolder: loaded.path)
    }

    static func licence(ofFolder path: String) -> String? {
        guard let readme = try? String(contentsOfFile: path + "/README.md", encoding: .utf8),
            readme.hasPrefix("---")
        else {
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

    /// Weights as they lie in the page cache, adapter and optimizer, the longest default row, logits and tables.
    private func trainingMemory(_ loaded: LoadedModel, _ files: [FileReference]) throws -> Int {
        let recipe = Recipe()
        let adapter = try Adapter(AdapterStart.layout(recipe, for: loaded.model), for: loaded.model)
        let transformer = try Transformer(
            loaded.model, adapter: adapter, team: ThreadTeam(threads: 1), training: true)
        let length = recipe.longest(in: min(512, loaded.model.configuration.context))
        return files.reduce(0) { $0 + $1.bytes } + 5 * 4 * adapter.count + transformer.bytesPerToken * length
            + (128 << 20)
    }
}
