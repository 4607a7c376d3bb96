import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineGenerate: Question {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Ask a pipeline's served model, or its base.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: PipelineName
    @Argument(help: "One prompt or several.") var prompts: [String]
    @Flag(help: "Ask the base instead of the served model.") var base = false
    @Option(help: "Ask this version, run or base instead of the served model.") var model: String?
    @Option(help: "Longest answer in tokens.") var maxNewTokens = 128
    @Option(help: "0 is greedy.") var temperature = 0.0
    @Option(help: "The same seed draws the same answers.") var seed: Int?

    func ask(_ client: ControlClient) async throws -> GenerateAnswer {
        try await client.send(
            .pipelines.generate(
                pipeline,
                GenerateRequest(
                    prompts: prompts, useBase: base, maxNewTokens: maxNewTokens, temperature: temperature,
                    model: model, seed: seed)))
    }

    func document(_ answer: GenerateAnswer) -> Document {
        Document(answer.outputs.sorted { $0.index < $1.index }.map { .paragraph($0.text) })
    }
}
