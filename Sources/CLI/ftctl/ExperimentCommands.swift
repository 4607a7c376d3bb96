import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct ExperimentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Searches for a better recipe or base, within a budget.",
        discussion:
            "Trials choose on validation rows only; the winner alone meets the gate, once. See docs/recipes.md.",
        subcommands: [Start.self, List.self, Show.self, Stop.self], defaultSubcommand: List.self)

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin an experiment as the pipeline's [experiment] says.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Option(help: "halving, random or grid.") var strategy: String?
        @Option(help: "Most trials.") var trials: Int?
        @Option(help: "Most minutes of training (0: no limit).") var minutes: Double?
        @Option(help: "Most tokens of training (0: no limit).") var tokens: Int?
        @Flag(help: "Follow it to its end.") var watch = false

        func run() async throws {
            let wanted = try strategy.map { text in
                guard let strategy = ExperimentSettings.Strategy(rawValue: text) else {
                    throw ValidationError("'\(text)' is not a strategy: use halving, random or grid.")
                }
                return strategy
            }
            try await connection.use { client in
                let request = StartExperiment(strategy: wanted, trials: trials, minutes: minutes, tokens: tokens)
                let experiment = try await client.post(
                    Experiment.self, ControlRoute.pipelineExperiments(pipeline), request)
                if watch {
                    return try await ExperimentWatch(connection: connection, client: client).follow(experiment.id)
                }
                try connection.show(experiment) {
                    "Began \($0.id). Follow it with: ftctl experiment show \($0.id) --watch"
                }
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The experiments, newest first.")
        @OptionGroup var connection: Connection
        @Option(help: "Only of this pipeline.") var pipeline: String?
        @Option(help: "At most so many.") var limit = 20

        func run() async throws {
            try await connection.use { client in
                let list = try await client.get(
                    [Experiment].self, ControlRoute.experiments, ["pipeline": pipeline, "limit": String(limit)])
                try connection.show(list) { list in
                    Terminal.table(
                        ["EXPERIMENT", "PIPELINE", "STATE", "STRATEGY", "TRIALS", "TOKENS", "SPENT", "RUN", "WHAT"],
                        list.map {
                            [
                                $0.id.rawValue, $0.pipeline.rawValue, $0.state.rawValue, $0.settings.strategy.rawValue,
                                String($0.trials.count), String($0.tokens),
                                Terminal.duration($0.seconds), $0.run?.rawValue ?? "–", $0.conclusion ?? "",
                            ]
                        })
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "An experiment's trials, plots and conclusion.")
        @OptionGroup var connection: Connection
        @Argument(help: "The experiment; the newest otherwise.") var experiment: String?
        @Flag(help: "Follow it to its end.") var watch = false
        @Option(help: "Write the report to this file as one HTML page.") var html: String?
        @Option(help: "Write every trial to this file as CSV (- for standard output).") var csv: String?

        func run() async throws {
            try await connection.use { client in
                let id: String
                if let experiment {
                    id = experiment
                } else {
                    guard
                        let newest = try await client.get([Experiment].self, ControlRoute.experiments, ["limit": "1"])
                            .first
                    else {
                        return Terminal.line("There are no experiments yet.")
                    }
                    id = newest.id.rawValue
                }
                for (path, format) in [(html, "html"), (csv, "csv")] {
                    guard let path else { continue }
                    let data = try await client.data(ControlRoute.experiment(id), ["format": format])
                    if path == "-" {
                        Terminal.write(data)
                        continue
                    }
                    do { try data.write(to: URL(filePath: path), options: .atomic) } catch {
                        throw Failure(
                            code: "client.file", "The \(format) cannot be written.", at: path,
                            remedy: "Check the folder and its permissions.", cause: "\(error)")
                    }
                    Terminal.line("Wrote \(path) (\(data.count) bytes).")
                }
                if html != nil || csv != nil { return }
                if watch {
                    return try await ExperimentWatch(connection: connection, client: client).follow(ExperimentID(id))
                }
                try connection.show(
                    try await client.get(Experiment.self, ControlRoute.experiment(id)), ExperimentWatch.text)
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "No further trials; what runs stops at its next step.")
        @OptionGroup var connection: Connection
        @Argument(help: "The experiment.") var experiment: String

        func run() async throws {
            try await connection.use { client in
                let stopped = try await client.post(
                    Experiment.self, ControlRoute.experimentStop(experiment), [String: String]())
                try connection.show(stopped) { "\($0.id) is \($0.state.rawValue): \($0.conclusion ?? "")" }
            }
        }
    }
}

/// An experiment on the terminal, also while it goes on.
struct ExperimentWatch {
    let connection: Connection
    let client: ControlClient

    /// Shows it again and again until it is over: in place on a terminal, one line a change elsewhere.
    func follow(_ id: ExperimentID) async throws {
        var last = ""
        while true {
            let experiment = try await client.get(Experiment.self, ControlRoute.experiment(id.rawValue))
            if experiment.state.isFinal {
                if Terminal.isInteractive, !connection.json { Terminal.replace("\u{1B}[2J\u{1B}[H") }
                return try connection.show(experiment, Self.text)
            }
            if Terminal.isInteractive, !connection.json {
                Terminal.replace("\u{1B}[2J\u{1B}[H")
                Terminal.line(Self.text(experiment))
            } else {
                let line =
                    connection.json
                    ? String(decoding: try ContractCoding.encode(experiment), as: UTF8.self) : Self.line(experiment)
                if line != last { Terminal.line(line) }
                last = line
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    static func line(_ experiment: Experiment) -> String {
        let best = ExperimentTable.ranked(experiment).first { !$0.losses.isEmpty }
        return
            """
            \(experiment.id): \(experiment.trials.count) trials, \
            \(experiment.trials.reduce(0) { $0 + $1.losses.count }) rungs
            """
                + (best.map { ", best trial \($0.number) at \(Terminal.number($0.losses.last))" } ?? "")
    }

    static func text(_ experiment: Experiment) -> String {
        var lines = [
            "\(experiment.id) of \(experiment.pipeline): \(experiment.state.rawValue)",
            """
            \(experiment.settings.strategy.rawValue) over \
            \(experiment.settings.search.map(\.name).joined(separator: ", ")); \(experiment.trials.count) of \
            \(experiment.settings.trials) trials, \(experiment.tokens) tokens, \
            \(Terminal.duration(experiment.seconds))
            """,
        ]
        if let live = experiment.live {
            let step =
                live.step.map {
                    """
                    step \($0.step) of \($0.steps), loss \(Terminal.number($0.loss)), \
                    \(Terminal.number($0.tokensPerSecond)) tokens/s
                    """
                } ?? live.stage ?? "starting"
            lines.append("▶ trial \(live.trial) on its way to rung \(live.rung + 1): \(step)")
        } else if experiment.state == .running {
            lines.append("waiting: runs go before trials")
        }
        if let ranked = experiment.recommendations {
            lines +=
                ["", "Bases before training:"]
                + ranked.map {
                    "  \($0.rank.map(String.init) ?? "–") \($0.base): \($0.reasons.joined(separator: "; "))"
                }
        }
        lines += ["", ExperimentTable.text(experiment)]
        for plot in [ExperimentTable.coordinates(experiment), ExperimentTable.curves(experiment)] where !plot.isEmpty {
            lines += ["", plot]
        }
        for (base, range) in experiment.ranges.sorted(by: { $0.key < $1.key }) {
            lines += ["", "\(base): \(range.reason) Learning rate \(String(format: "%.2e", range.suggested))."]
        }
        if let conclusion = experiment.conclusion { lines += ["", conclusion] }
        if let run = experiment.run { lines.append("The winner meets the gate as \(run): ftctl report \(run)") }
        if let winner = experiment.trials.first(where: { $0.number == experiment.winner }), winner.number != 0 {
            lines += [
                "", "To make it the pipeline's recipe by hand, or set experiment.adopt = \"on_promotion\":", "[recipe]",
            ]
            lines += winner.values.filter { $0.key != "base" && $0.key != "replay_share" }.sorted { $0.key < $1.key }
                .map { "\($0.key) = \(toml($0.value))" }
        }
        return lines.joined(separator: "\n")
    }

    private static func toml(_ value: JSONValue) -> String {
        if let text = value.stringValue { return "\"\(text)\"" }
        return ExperimentTable.value(value)
    }
}
