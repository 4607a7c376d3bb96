import Evaluation
import Foundation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// Scores one model on sets of rows: one record a row, and the figures of each set.
struct EvaluateRunner {
    let context: TaskContext

    func run(_ task: EvaluateTask) throws -> WorkerResult {
        context.events.stage("loading")
        let loaded = try LoadedModel(task.model, interruption: StopRequest.heed)
        context.events.stage("inspecting")
        let inspection = try ModelInspector.inspect(loaded, task.model, interruption: StopRequest.heed)
        let transformer = try Transformer(
            loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads))
        var result = WorkerResult()
        result.evaluations = [:]
        for set in task.sets {
            let evaluation = RowSetEvaluation(
                set: set, task: task, encoder: loaded.encoder, transformer: transformer,
                memoryBytes: context.memoryBytes / 2, observer: context.observer)
            let (records, figures, seconds) = try evaluation.run()
            let name = RecordsRunner.fileName(set.name)
            let file = try ResultFile.writeLines(records, to: context.path("examples-\(name).jsonl"))
            result.evaluations?[set.name] = EvaluationResult(
                rows: records.count, figures: figures, examples: file, seconds: seconds, inspection: inspection)
        }
        return result
    }
}
