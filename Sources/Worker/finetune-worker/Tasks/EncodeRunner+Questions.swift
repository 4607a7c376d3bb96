import Evaluation
import ModelLoading
import Nouns
import WorkerProtocol

/// Rows that judge a model, for engines that score and answer.
extension EncodeRunner {
    /// Two files a set: the sequences whose losses are wanted, and the prompts that are to be answered.
    func run(_ task: EncodeTask, asking questions: EvaluationQuestions) throws -> WorkerResult {
        context.events.stage("loading")
        let text = try LoadedText(task.model, interruption: StopRequest.heed)
        context.events.stage("encoding")
        let longest = min(task.maxLength ?? .max, text.context)
        let asked = EvaluateTask(
            model: task.model, sets: task.sets, labels: questions.labels, maxNewTokens: questions.maxNewTokens,
            maxLength: longest)
        var result = WorkerResult()
        result.files = try task.sets.flatMap { set in
            let asking = try RowSetQuestions(set: set, task: asked, encoder: text.encoder, observer: context.observer)
            let origin = TokenFile.Origin(files: set.files, text: text.text, maximumLength: longest, cut: true)
            let name = RecordsRunner.fileName(set.name)
            let paths = ["tokens", "prompts"].map { context.path("\($0)-\(name).safetensors") }
            let (sequences, prompts) = (asking.sequences, asking.prompts(within: text.context))
            try TokenFile.write(sequences, origin: origin, to: paths[0])
            try PromptFile.write(prompts, origin: origin, to: paths[1])
            return try zip(paths, [sequences.count, prompts.prompts.count]).map { path, rows in
                var file = try FileReference(of: path)
                file.rows = rows
                return file
            }
        }
        return result
    }
}
