import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct PipelineShare: Question {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Let another user make jobs in a pipeline that your jobs made.",
        discussion: """
            What belongs to whom stays as it is; --end takes the right back.

            Example: ftctl pipeline share tickets ada
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Argument(help: "The user, or token:ID.") var user: String
    @Flag(help: "Share it with that user no more.") var end = false

    func ask(_ client: ControlClient) async throws -> ShareAnswer {
        try await client.send(.pipelines.share(pipeline, ShareRequest(user: user, shared: !end)))
    }

    func document(_ answer: ShareAnswer) -> Document {
        .sentence(
            answer.users.isEmpty
                ? "\(answer.pipeline) is \(answer.owner)'s alone."
                : "\(answer.pipeline) is \(answer.owner)'s, and shared with \(answer.users.joined(separator: ", ")).")
    }
}
