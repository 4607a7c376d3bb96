import ArgumentParser
import ControlProtocol
import Foundation
import Nouns
import Platform

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How the daemon and its pipelines are.")
    @OptionGroup var connection: Connection

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.get(StatusAnswer.self, ControlRoute.status)) { status in
                var lines = [
                    """
                    finetuned \(status.version) on \(status.root), pid \(status.pid), since \
                    \(Terminal.time(status.startedAt)), \(Terminal.bytes(status.memoryBytes)): \(status.health)
                    """
                ]
                lines.append(
                    status.pipelines.isEmpty
                        ? "No pipelines: write etc/finetuned/pipelines/NAME.toml" : Pipelines.table(status.pipelines))
                if status.queued > 0 { lines.append("\(status.queued) runs queued") }
                for problem in status.problems { lines.append("! \(problem)") }
                return lines.joined(separator: "\n")
            }
        }
    }
}

struct Pipelines: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The pipelines, what they serve, and what they wait for.")
    @OptionGroup var connection: Connection

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.get([PipelineSummary].self, ControlRoute.pipelines), Self.table)
        }
    }

    static func table(_ pipelines: [PipelineSummary]) -> String {
        Terminal.table(
            ["PIPELINE", "BASE", "ROWS (train/val/gate)", "SERVED", "LAST RUN", "NOW"],
            pipelines.map { p in
                [
                    p.name.rawValue, p.base.rawValue,
                    "\(p.rows[.train] ?? 0)/\(p.rows[.validation] ?? 0)/\(p.rows[.gate] ?? 0)",
                    p.served?.rawValue ?? "the base",
                    p.lastRun.map { "\($0) \(p.lastRunState?.rawValue ?? "")" } ?? "–", p.activity,
                ]
            })
    }
}

struct Drops: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The dropped files and what became of them.")
    @OptionGroup var connection: Connection
    @Option(help: "Only of this pipeline.") var pipeline: String?
    @Option(help: "At most so many.") var limit = 50

    func run() async throws {
        try await connection.use { client in
            let drops = try await client.get(
                [Drop].self, ControlRoute.drops, ["pipeline": pipeline, "limit": String(limit)])
            try connection.show(drops) { drops in
                Terminal.table(
                    ["DROP", "PIPELINE", "FILE", "STATE", "GOOD", "BAD", "KNOWN", "RECEIVED", "NOTE"],
                    drops.map {
                        [
                            $0.id.rawValue, $0.pipeline.rawValue,
                            $0.name.debugDescription.dropFirst().dropLast().description, $0.state.rawValue,
                            String($0.rowsAccepted),
                            String($0.rowsRejected), String($0.rowsDuplicate), Terminal.time($0.receivedAt),
                            $0.note ?? "",
                        ]
                    })
            }
        }
    }
}

struct DropReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "The report on one dropped file: every bad row and why.")
    @OptionGroup var connection: Connection
    @Argument(help: "The drop's identifier.") var drop: String

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.get(IntakeReport.self, ControlRoute.dropReport(drop))) { report in
                var lines = [
                    """
                    \(RawPath.shown(report.name.utf8)): \(report.rowsRead) rows read, \(report.rowsAccepted) \
                    good, \(report.rowsRejected) bad, \(report.rowsDuplicate) known already
                    """
                ]
                if let failure = report.quarantined { lines.append("Quarantined: \(failure)") }
                lines += DataCheck.problems(report, limit: .max)
                if let all = report.allProblems {
                    lines.append("Every problem is in \(all) beside the drop's original.")
                }
                return lines.joined(separator: "\n")
            }
        }
    }
}
