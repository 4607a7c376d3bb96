import Evaluation
import Foundation
import ModelLoading
import Nouns
import WorkerProtocol

/// Makes records, figures and the inspection of a model out of what another engine computed with it.
struct RecordsRunner {
    let context: TaskContext

    func run(_ task: RecordsTask) throws -> WorkerResult {
        context.events.stage("loading")
        let asked = task.evaluate
        let text = try LoadedText(asked.model, interruption: StopRequest.heed)
        context.events.stage("inspecting")
        let inspection = try inspect(asked.model)
        var result = WorkerResult()
        result.evaluations = [:]
        for set in asked.sets {
            context.events.stage("reading \(set.name)")
            let started = ContinuousClock.now
            let questions = try RowSetQuestions(
                set: set, task: asked, encoder: text.encoder, observer: context.observer)
            guard let file = task.scores[set.name] else { throw missing("scores", set.name) }
            var records = questions.records(
                try EngineNumbers.scores(file, labels: questions.sequences.map(\.labels)))
            let prompts = questions.prompts(within: text.context)
            if !prompts.prompts.isEmpty {
                guard let file = task.answers[set.name] else { throw missing("answers", set.name) }
                questions.add(
                    try EngineNumbers.answers(file, limits: prompts.limits, vocabulary: text.vocabulary), to: &records)
            }
            records = questions.whole(records)
            let path = context.path("examples-\(Self.fileName(set.name)).jsonl")
            result.evaluations?[set.name] = EvaluationResult(
                rows: records.count, figures: questions.figures(records),
                examples: try ResultFile.writeLines(records, to: path),
                seconds: started.duration(to: .now) / .seconds(1), inspection: inspection)
        }
        return result
    }

    private func inspect(_ model: ModelReference) throws -> ModelInspection {
        guard EngineBase.kind(of: model.basePath) == nil else {
            return try EngineModel(model, interruption: StopRequest.heed).inspection(interruption: StopRequest.heed)
        }
        return try ModelInspector.inspect(
            LoadedModel(model, interruption: StopRequest.heed), model, interruption: StopRequest.heed)
    }

    /// How a set is called in the names of files.
    static func fileName(_ set: SetName) -> String { set.rawValue.replacingOccurrences(of: "/", with: "_") }

    private func missing(_ what: String, _ set: SetName) -> Failure {
        Failure(
            code: "request.tokens", "The request names no \(what) of the set '\(set)'.", at: "records.\(what)",
            remedy: "Name what the engine gave for each set.")
    }
}
