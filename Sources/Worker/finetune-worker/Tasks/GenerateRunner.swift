import Foundation
import Generation
import ModelLoading
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// Answers conversations with a base, or a base and its adapters.
struct GenerateRunner {
    let context: TaskContext

    func run(_ task: GenerateTask) throws -> WorkerResult {
        if let tokens = task.tokens { return try TokenRunner(context: context).generate(task.model, tokens) }
        context.events.stage("loading")
        let answerer = try Answerer(task.model, context: context)
        context.events.stage("generating")
        let outputs = try answerer.answer(task) { output in
            var event = WorkerEvent(.output)
            event.output = output
            context.events.write(event)
        }
        var result = WorkerResult()
        result.outputs = outputs
        return result
    }
}

/// A loaded model that answers conversations; kept between requests by the serving task.
struct Answerer {
    let loaded: LoadedModel
    private let generator: Generator
    private let encoder: RowEncoder
    private let stopTokens: Set<Int32>

    init(_ model: ModelReference, context: TaskContext) throws {
        loaded = try LoadedModel(model, interruption: StopRequest.heed)
        let transformer = try Transformer(
            loaded.model, adapter: loaded.adapter, team: ThreadTeam(threads: context.threads))
        generator = Generator(transformer, memoryBytes: context.memoryBytes / 2)
        encoder = loaded.encoder
        stopTokens = Set(encoder.encoder.stopTokens())
    }

    /// Answers every conversation of `task`; `finished` is told of each as it ends.
    func answer(_ task: GenerateTask, finished: (GeneratedOutput) -> Void) throws -> [GeneratedOutput] {
        guard task.temperature >= 0, task.temperature.isFinite, task.topP > 0, task.topP <= 1,
            (1...1 << 20).contains(task.maxNewTokens)
        else {
            throw WorkerFault(
                .badRequest,
                Failure(
                    code: "request.generate",
                    """
                    temperature \(task.temperature), topP \(task.topP) or maxNewTokens \(task.maxNewTokens) is \
                    out of range.
                    """,
                    at: "generate",
                    remedy: "Use a temperature from 0, topP above 0 and up to 1, and at least one new token."))
        }
        let prompts = try task.conversations.enumerated().map { index, messages in
            try StopRequest.heed()
            do {
                return try encoder.prompt(messages)
            } catch {
                var failure = WorkerFault(error).failure
                failure.place = "conversation \(index + 1)"
                throw WorkerFault(.badRequest, failure)
            }
        }
        let options = GenerationOptions(
            maxNewTokens: task.maxNewTokens, temperature: task.temperature, topP: task.topP, seed: task.seed,
            stopTokens: stopTokens)
        func output(_ index: Int, _ answer: GeneratedTokens) -> GeneratedOutput {
            GeneratedOutput(
                index: index, text: encoder.tokenizer.decode(answer.ids), tokens: answer.ids.count,
                promptTokens: prompts[index].count,
                finish: answer.finish.rawValue)
        }
        let answers = try generator.generate(
            prompts, options, finished: { finished(output($0, $1)) }, interruption: StopRequest.heed)
        return answers.enumerated().map { output($0.offset, $0.element) }
    }
}
