import Foundation
import ModelLoading
import Nouns
import Tokenization
import Transformers
import WorkerProtocol

/// Bases that only other engines compute with.
extension InspectRunner {
    /// Whether this worker does not run what is at the task's path, and one of the task's engines says that it does.
    static func isForEngines(_ task: InspectTask) -> Bool {
        guard let engines = task.engines, let kind = EngineBase.kind(of: task.path) else { return false }
        return engines.contains(kind)
    }

    /// Describes it without computing with it: its text, its shape, and that all its numbers are ones.
    func describe(_ base: EngineBase, _ task: InspectTask) throws -> WorkerResult {
        let isLook = task.isLook == true
        if !isLook {
            context.events.stage("checking")
            let odd = try base.nonFinite(interruption: StopRequest.heed)
            if odd.count > 0 {
                throw ModelFailure(
                    place: "\(task.path), \(odd.first ?? "")", problem: "\(odd.count) of its numbers are not finite",
                    remedy: "The weights are damaged: copy or download the model again.")
            }
        }
        context.events.stage("digesting")
        let files = isLook ? try base.sizes() : try base.files(interruption: StopRequest.heed)
        var card = BaseCard(
            id: task.id, architecture: base.kind, name: URL(filePath: task.path).lastPathComponent,
            parameters: base.parameters, quantisation: base.quantisation, contextLength: base.context,
            layers: base.layers, width: base.width, vocabulary: base.vocabulary,
            licence: Self.licence(ofFolder: task.path), tokenizer: "tokenizer.json",
            tokenizerDigest: try base.tokenizerDigest(), chatTemplateDigest: base.templateDigest,
            format: "huggingface", files: files, digest: LoadedModel.digest(of: files),
            // Float32 weights, an adapter with its optimizer, and what one row needs.
            trainingMemoryBytes: 4 * base.parameters + (512 << 20), origin: task.path)
        let tokenizer = base.text.tokenizer
        card.isForEngines = true
        card.controlTokens = Self.controlTokens(tokenizer)
        card.printsDate = base.text.definition.chatTemplate?.contains("strftime_now") ?? false
        card.endTokens = base.encoder.encoder.stopTokens().compactMap(tokenizer.name)
        card.remarks = Self.remarks(base, ends: card.endTokens ?? [])
        var result = WorkerResult()
        result.card = card
        result.files = files
        return result
    }

    private static func remarks(_ base: EngineBase, ends: [String]) -> [String] {
        var remarks = [
            """
            Only engines compute with it: this worker does not run the architecture '\(base.kind)'. A pipeline on it \
            names an engine that trains, scores and generates; its versions can be exported as peft and huggingface, \
            and neither served here nor exported as GGUF.
            """
        ]
        if base.isContextChosen {
            remarks.append(
                "Its config.json names no longest text, so \(base.context) tokens are taken to be the longest.")
        }
        return remarks + BaseRemarks.ofText(base.text, ends: ends)
    }
}
