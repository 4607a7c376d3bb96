import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineCheck: Question {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a pipeline's file and all it names, and say what is wrong.",
        discussion: """
            Nothing is put into force. Exit status 1 where something is wrong.

            Example: ftctl pipeline check tickets
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline: the name of its file without .toml.", completion: .pipelines)
    var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> PipelineCheckAnswer {
        try await client.send(.pipelines.check(pipeline))
    }

    func document(_ answer: PipelineCheckAnswer) -> Document { Self.shown(answer) }

    /// What was found, for people; `ftctl init` shows it too.
    static func shown(_ answer: PipelineCheckAnswer) -> Document {
        let count = answer.problems.count
        return Document([
            .findings(
                answer.facts.map { Finding(.none, $0) }
                    + answer.warnings.map { Finding(.inconclusive, $0.description) }
                    + answer.problems.map { Finding(.fail, $0.description) }),
            .findings([
                count == 0
                    ? Finding(.pass, "\(answer.file) is sound.")
                    : Finding(.fail, "\(answer.file) has \(count == 1 ? "one problem" : "\(count) problems").")
            ]),
        ])
    }

    func status(_ answer: PipelineCheckAnswer) -> Int32 { answer.problems.isEmpty ? 0 : 1 }
}
