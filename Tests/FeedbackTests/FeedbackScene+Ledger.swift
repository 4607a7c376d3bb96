import Foundation
import Ledger
import Nouns

extension FeedbackScene {
    /// Has the pipeline serve a version from now on.
    func serve(_ id: VersionID) throws {
        let ledger = context.ledger
        if try ledger.base("tiny") == nil {
            try ledger.add(
                BaseCard(
                    id: "tiny", architecture: "llama", parameters: 1, quantisation: [:], contextLength: 1, layers: 1,
                    width: 1, vocabulary: 1, tokenizer: "t", tokenizerDigest: "d", format: "gguf", digest: "abc",
                    trainingMemoryBytes: 1))
            try ledger.add(
                Snapshot(id: "s-1", pipeline: "p", createdAt: Date(), drops: [], files: [:], rows: [:]))
        }
        let run = try ledger.queue(taking: []) { run in
            Run(
                id: run, pipeline: "p", mode: .fromBase, base: "tiny", snapshot: "s-1", drops: [], recipe: Recipe(),
                createdAt: Date(), requestedBy: "t")
        }
        guard let run else { throw Failure(code: "test", "No run was queued.") }
        try ledger.add(
            ModelVersion(
                id: id, pipeline: "p", run: run.id, base: "tiny", baseDigest: "abc", adapters: [], snapshot: "s-1",
                recipe: Recipe(), createdAt: Date(), code: "test", machine: "test"))
        _ = try ledger.promote("p", to: id, run: nil, kind: .manual, who: "t", reason: "t")
    }
}
