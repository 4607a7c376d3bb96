import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

struct Pipeline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One pipeline.", subcommands: [PipelineCheckCommand.self])
}

struct PipelineCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            """
            Read a pipeline's file, golden sets and all it names, and say what is wrong; nothing is put into \
            force. Exit status 1 where something is.
            """
    )
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline: the name of its file without .toml.") var pipeline: String

    func run() async throws {
        try await connection.use { client in
            let answer = try await client.get(PipelineCheckAnswer.self, ControlRoute.pipelineCheck(pipeline))
            try connection.show(answer) { answer in
                var lines = answer.facts.map { "  \($0)" }
                lines += answer.warnings.map { "? \($0)" }
                lines += answer.problems.map { "✗ \($0)" }
                lines.append(
                    answer.problems.isEmpty
                        ? "✓ \(answer.file) is sound" : "\(answer.problems.count) problems in \(answer.file)")
                return lines.joined(separator: "\n")
            }
            if !answer.problems.isEmpty { throw ExitCode(1) }
        }
    }
}
