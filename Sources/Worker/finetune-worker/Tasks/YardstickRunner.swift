import Evaluation
import Foundation
import ModelLoading
import Nouns
import Platform
import Tensors
import Transformers
import WorkerProtocol

/// Fits the simplest alternatives to the rows of a candidate and has them answer the rows that judge it.
struct YardstickRunner {
    let context: TaskContext

    func run(_ task: YardstickTask) throws -> WorkerResult {
        let path = context.path("states.safetensors")
        let evaluation = YardstickEvaluation(task, observer: context.observer)
        let outcome = try evaluation.run(
            {
                context.events.stage("loading")
                let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
                let text = Digest.sha256(Data((task.model.template ?? "").utf8))
                return (
                    loaded.encoder,
                    try Transformer(
                        loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads)),
                    context.memoryBytes / 2, "\(task.model.baseDigest) \(text) \(task.model.date ?? "")"
                )
            }, statesTo: path)
        var result = WorkerResult()
        result.files = [try ResultFile.writeLines(outcome.answers, to: context.path("yardstick.jsonl"))]
        if FileManager.default.fileExists(atPath: path) { result.files?.append(try FileReference(of: path)) }
        result.figures = ["rows": Double(outcome.rows), "states_rows": Double(outcome.statesRows)]
        return result
    }
}
