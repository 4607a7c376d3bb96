import ControlClient
import ControlProtocol
import Nouns
import Reports

/// Shows an experiment while it goes on.
struct ExperimentFollower {
    private let connection: Connection
    private let client: ControlClient

    init(_ connection: Connection, _ client: ControlClient) {
        self.connection = connection
        self.client = client
    }

    /// The experiment that is meant: the newest where none is named. Throws a Failure where there is none.
    static func subject(_ named: ExperimentID?, _ client: ControlClient) async throws -> ExperimentID {
        if let named { return named }
        let newest = try await client.send(.experiments.list(ExperimentQuery(limit: 1))).first
        guard let newest else {
            throw Failure(
                code: "experiment.unknown", "There are no experiments yet.",
                remedy: "Start one with `ftctl experiment start PIPELINE`.")
        }
        return newest.id
    }

    /// Shows it again and again until it is over: in place on a terminal, one line a change elsewhere.
    func follow(_ id: ExperimentID) async throws {
        Interruption.endsTheLine()
        let isLive = Terminal.isInteractive && !connection.json
        var last = ""
        while true {
            let experiment = try await client.send(.experiments.show(id))
            if isLive { Terminal.clear() }
            if experiment.state.isFinal || isLive {
                try connection.show(experiment) { ExperimentDocument.report(experiment) }
                if experiment.state.isFinal { return }
            } else {
                let line =
                    connection.json
                    ? String(decoding: try ContractCoding.encode(experiment), as: UTF8.self)
                    : Document.sentence(ExperimentDocument.line(experiment)).text()
                if line != last { Terminal.line(line) }
                last = line
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
