import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct Status: Question {
    static let configuration = CommandConfiguration(abstract: "How the daemon and its pipelines are.")
    @OptionGroup var connection: Connection

    func ask(_ client: ControlClient) async throws -> StatusAnswer {
        try await client.send(.status.show())
    }

    func document(_ status: StatusAnswer) -> Document {
        Document([
            .paragraph(
                """
                finetuned \(status.version) on \(status.root), pid \(status.pid), since \
                \(Quantity.time(status.startedAt)), \(Quantity.bytes(status.memoryBytes)): \(status.health)
                """),
            status.pipelines.isEmpty
                ? .paragraph("There are no pipelines: write etc/finetuned/pipelines/NAME.toml.")
                : .table(Table(status.pipelines)),
            .paragraph(status.queued == 0 ? "" : "\(status.queued) runs are queued."),
            .findings(status.problems.map { Finding(.warning, $0.description) }),
        ])
    }
}
