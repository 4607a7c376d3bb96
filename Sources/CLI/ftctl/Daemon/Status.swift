import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct Status: Question {
    static let configuration = CommandConfiguration(
        abstract: "How the daemon and its pipelines are.",
        discussion: """
            Every problem is listed with its remedy. With --check the exit status is 3 where a person is needed.
            """)
    @OptionGroup var connection: Connection
    @Flag(help: "Leave by 3 where a person is needed, as a monitor asks.") var check = false

    func ask(_ client: ControlClient) async throws -> StatusAnswer {
        try await client.send(.status.show())
    }

    /// Whoever only wants to know whether the daemon answers is not told of other things by it.
    func status(_ status: StatusAnswer) -> Int32 { check && status.health != "ok" ? 3 : 0 }

    func document(_ status: StatusAnswer) -> Document {
        Document([
            .paragraph(
                """
                finetuned \(status.version) on \(status.root), pid \(status.pid), since \
                \(Quantity.time(status.startedAt)), \(Quantity.bytes(status.memoryBytes)): \(status.health)
                """),
            status.pipelines.isEmpty
                ? .paragraph("There are no pipelines: make one with `ftctl init NAME`.")
                : .table(Table(status.pipelines)),
            .findings(status.pipelines.flatMap(\.waitingFindings)),
            .paragraph(
                status.queued == 0
                    ? "" : status.queued == 1 ? "One run is queued." : "\(status.queued) runs are queued."),
            .findings(status.problems.map { Finding(.warning, $0.description) }),
        ])
    }
}
