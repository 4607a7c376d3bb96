import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct PipelineGenerate: Question {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Ask a pipeline's served model, or its base.",
        discussion: """
            Nothing is recorded. Several prompts are several questions, answered in their order.

            Example: ftctl pipeline generate tickets "Where is my order?" --max-new-tokens 16
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "One prompt or several; - for one on standard input.") var prompts: [String]
    @Flag(help: "Ask the base instead of the served model.") var base = false
    @Option(help: "Ask this version, run or base instead of the served model.") var model: String?
    @Option(help: ArgumentHelp("Longest answer in tokens.", valueName: "tokens")) var maxNewTokens = 128
    @Option(help: ArgumentHelp("0 is greedy.", valueName: "number")) var temperature = 0.0
    @Option(help: ArgumentHelp("The same seed draws the same answers.", valueName: "number")) var seed: Int?

    func ask(_ client: ControlClient) async throws -> GenerateAnswer {
        let prompts = try prompts.map {
            $0 == StandardInput.mark ? try StandardInput.text().trimmingCharacters(in: .newlines) : $0
        }
        return try await client.send(
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
