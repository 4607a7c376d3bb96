import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct Status: Question {
    static let configuration = CommandConfiguration(
        abstract: "How the daemon and its pipelines are.",
        discussion: """
            What needs a person comes first, each with its remedy. With --check the exit status is 3 where a person is \
            needed.

            Example: ftctl status --check
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Argument(help: "Only this pipeline.", completion: .pipelines) var pipeline: PipelineName?
    @Flag(help: "Leave by 3 where a person is needed, as a monitor asks.") var check = false

    func ask(_ client: ControlClient) async throws -> StatusAnswer {
        var status = try await client.send(.status.show())
        guard let pipeline else { return status }
        status.pipelines.removeAll { $0.name != pipeline }
        // The daemon knows the nearest name.
        if status.pipelines.isEmpty { _ = try await client.send(.pipelines.show(pipeline)) }
        return status
    }

    /// Whoever only wants to know whether the daemon answers is not told of other things by it.
    func status(_ status: StatusAnswer) -> Int32 { check && status.health != "ok" ? 3 : 0 }

    func validate() throws { try listing.check(PipelineSummary.self) }

    func document(_ status: StatusAnswer) -> Document {
        let health = status.problems.isEmpty ? status.health : "a person is needed"
        return Document([
            .paragraph(
                """
                finetuned \(status.version) on \(status.root), pid \(status.pid), since \
                \(Quantity.time(status.startedAt)), \(Quantity.bytes(status.memoryBytes)): \(health)
                """),
            .findings(status.problems.map { Finding(.warning, $0.description) }),
            status.pipelines.isEmpty
                ? .paragraph("There are no pipelines: make one with `ftctl init NAME`.")
                : .table(Table(status.pipelines, listing.view)),
            .findings(status.pipelines.flatMap(\.waitingFindings)),
            .findings(status.pipelines.flatMap(\.remarkFindings)),
            .findings((status.remarks ?? []).map { Finding(.none, $0) }),
            .paragraph(
                status.queued == 0
                    ? "" : status.queued == 1 ? "One run is queued." : "\(status.queued) runs are queued."),
        ])
    }
}
