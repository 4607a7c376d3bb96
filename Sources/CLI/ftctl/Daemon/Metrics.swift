import ArgumentParser
import ControlClient
import ControlProtocol

struct Metrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The daemon's metrics in Prometheus' text format.",
        discussion: """
            Prometheus cannot read a Unix socket: node_exporter's textfile collector can read what a timer writes, by \
            `ftctl metrics --output /var/lib/prometheus/node-exporter/finetuned.prom`. The file is exchanged as a \
            whole.

            Example: ftctl metrics --output /var/lib/prometheus/node-exporter/finetuned.prom
            """)
    @OptionGroup var connection: Connection
    @Option(help: ArgumentHelp("Write them to this file (- for standard output).", valueName: "file")) var output = "-"

    func run() async throws {
        try await connection.use { client in
            try Terminal.write(try await client.send(.status.metrics()), to: output, what: "text")
        }
    }
}
