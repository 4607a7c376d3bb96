import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DropList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The dropped files and what became of them, newest first.",
        discussion: """
            A drop is listed from the moment on that the daemon has taken the file.

            Example: ftctl drop list --pipeline tickets --limit 10
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Option(help: "Only of this pipeline.", completion: .pipelines) var pipeline: PipelineName?
    @Option(parsing: .unconditional, help: ArgumentHelp("At most so many.", valueName: "count")) var limit = RowLimit(
        50)

    func ask(_ client: ControlClient) async throws -> [Drop] {
        try await client.send(.drops.list(DropQuery(pipeline: pipeline, limit: limit.count)))
    }

    func validate() throws { try listing.check(Drop.self) }

    func document(_ drops: [Drop]) -> Document {
        .list(drops, none: "Nothing was dropped yet.", listing.view)
    }
}
