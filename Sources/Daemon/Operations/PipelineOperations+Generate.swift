import ControlProtocol
import Nouns
import Serving
import StageKit
import WorkerProtocol

extension PipelineOperations {
    /// Prompts of one call that are asked at a time: enough to share the engine's steps.
    private static let askedAtOnce = 32

    /// Lets the served model, its base, or a model that is named answer prompts.
    ///
    /// All prompts are about one version, whatever is promoted meanwhile. Throws a Failure: what is wrong with the
    /// request, or why no model can answer.
    package func generate(_ name: PipelineName, _ request: GenerateRequest, who: Principal) async throws
        -> GenerateAnswer
    {
        let names = ServingNames(context, Sight(context.ledger, who))
        if try context.served(name) == nil { _ = try context.requirePipeline(name) }
        let target =
            try request.model.map { try names.target($0) }
            ?? (request.useBase ? names.base(of: name) : names.served(name))
        // However many there are, others find a place in the queue, and so does each of these.
        let atOnce = max(1, min(Self.askedAtOnce, context.settings.daemon.serving.queue / 2))
        let outputs = try await withThrowingTaskGroup(of: GeneratedOutput.self) { group in
            var outputs: [GeneratedOutput] = []
            for (index, prompt) in request.prompts.enumerated() {
                if index >= atOnce, let output = try await group.next() { outputs.append(output) }
                let asked = ServingRequest(
                    target: target, question: ServingQuestion(messages: [Message(role: "user", content: prompt)]),
                    drawing: ServingDrawing(
                        maxNewTokens: request.maxNewTokens, temperature: request.temperature,
                        seed: request.seed.map { UInt64(bitPattern: Int64($0)) }),
                    caller: who.owner)
                group.addTask {
                    let answer = try await serving.answer(asked)
                    return GeneratedOutput(
                        index: index, text: answer.text, tokens: answer.tokens, promptTokens: answer.promptTokens,
                        finish: answer.finish)
                }
            }
            return try await group.reduce(into: outputs) { $0.append($1) }
        }
        return GenerateAnswer(version: target.version, outputs: outputs.sorted { $0.index < $1.index })
    }
}
