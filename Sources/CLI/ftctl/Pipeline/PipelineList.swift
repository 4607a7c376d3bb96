import ArgumentParser
import ControlClient
import ControlProtocol
import Reports

struct PipelineList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The pipelines, what they serve, and what they wait for.",
        discussion: """
            The table of `ftctl status`, without what needs a person.

            Example: ftctl pipeline list --columns pipeline,base,now
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing

    func ask(_ client: ControlClient) async throws -> [PipelineSummary] {
        try await client.send(.pipelines.list())
    }

    func validate() throws { try listing.check(PipelineSummary.self) }

    func document(_ pipelines: [PipelineSummary]) -> Document {
        .list(pipelines, none: "There are no pipelines: make one with `ftctl init NAME`.", listing.view)
    }
}
