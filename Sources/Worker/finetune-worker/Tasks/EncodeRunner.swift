import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// Writes rows as tokens, for engines that have no tokenizer.
struct EncodeRunner {
    let context: TaskContext

    func run(_ task: EncodeTask) throws -> WorkerResult {
        if let questions = task.questions { return try run(task, asking: questions) }
        context.events.stage("loading")
        let loaded = try LoadedText(task.model, interruption: StopRequest.heed)
        context.events.stage("encoding")
        let longest = min(task.maxLength ?? .max, loaded.context)
        let cut = task.truncate ?? true
        var encoder = SetEncoder(loaded.encoder, observer: context.observer)
        var result = WorkerResult()
        result.files = try task.sets.map { set in
            let what = set.name.rawValue == "train" ? "training" : set.name.rawValue
            let examples = try encoder.encode(
                set.files, maximumLength: longest, cut: cut, pairs: task.pairs ?? false, what: what)
            let sequences = try examples.map { example in
                guard case .answer(let sequence) = example else { throw Self.pair(what) }
                return sequence
            }
            let path = context.path("tokens-\(set.name).safetensors")
            try TokenFile.write(
                sequences,
                origin: TokenFile.Origin(files: set.files, text: loaded.text, maximumLength: longest, cut: cut),
                to: path)
            var file = try FileReference(of: path)
            file.rows = sequences.count
            return file
        }
        result.figures = encoder.figures
        return result
    }

    private static func pair(_ what: String) -> Failure {
        Failure(
            code: "recipe.objective",
            "The \(what) rows have two answers, and engines that work on tokens do not train on pairs.",
            at: "recipe.objective",
            remedy:
                "Set recipe.objective = \"completion\" to train on the preferred answers, or use the built-in engine."
        )
    }
}
