import ArgumentParser
import ControlProtocol
import Foundation
import Nouns

struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask a pipeline's served model, or its base.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: String
    @Argument(help: "One prompt or several.") var prompts: [String]
    @Flag(help: "Ask the base instead of the served model.") var base = false
    @Option(help: "Longest answer in tokens.") var maxNewTokens = 128
    @Option(help: "0 is greedy.") var temperature = 0.0

    func run() async throws {
        try await connection.use { client in
            let answer = try await client.post(
                GenerateAnswer.self, ControlRoute.generate(pipeline),
                GenerateRequest(prompts: prompts, useBase: base, maxNewTokens: maxNewTokens, temperature: temperature))
            try connection.show(answer) {
                $0.outputs.sorted { $0.index < $1.index }.map(\.text).joined(separator: "\n")
            }
        }
    }
}
