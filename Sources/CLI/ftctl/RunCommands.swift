import ArgumentParser
import ControlProtocol
import Foundation
import Nouns
import Reports

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The runs, newest first.")
    @OptionGroup var connection: Connection
    @Option(help: "Only of this pipeline.") var pipeline: String?
    @Option(help: "Only in this state.") var state: String?
    @Option(help: "At most so many.") var limit = 20

    func run() async throws {
        try await connection.use { client in
            let runs = try await client.get(
                [Run].self, ControlRoute.runs, ["pipeline": pipeline, "state": state, "limit": String(limit)])
            try connection.show(runs) { runs in
                Terminal.table(
                    ["RUN", "PIPELINE", "MODE", "STATE", "CREATED", "TOOK", "WHAT"],
                    runs.map { run in
                        let took = run.startedAt.flatMap { start in
                            run.finishedAt.map { Terminal.duration($0.timeIntervalSince(start)) }
                        }
                        return [
                            run.id.rawValue, run.pipeline.rawValue, run.mode.rawValue, run.state.rawValue,
                            Terminal.time(run.createdAt), took ?? "–",
                            run.cause?.message ?? run.verdict?.summary ?? "",
                        ]
                    })
            }
        }
    }
}

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Everything about one run.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: String

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.get(Run.self, ControlRoute.run(run))) { run in
                var lines = [
                    "\(run.id) of \(run.pipeline): \(run.state.rawValue)",
                    """
                    mode \(run.mode.rawValue), base \(run.base), \
                    \(run.parent.map { "from \($0)" } ?? "from the base"), snapshot \(run.snapshot)
                    """,
                    """
                    asked for by \(run.requestedBy), created \(Terminal.time(run.createdAt)), started \
                    \(Terminal.time(run.startedAt)), finished \(Terminal.time(run.finishedAt))
                    """,
                    """
                    recipe: \(run.recipe.method.rawValue), rank \(run.recipe.rank), alpha \
                    \(Terminal.number(run.recipe.alpha)), learning rate \
                    \(Terminal.number(run.recipe.learningRate)), \(Terminal.number(run.recipe.epochs)) epochs, \
                    \(run.recipe.batchRows) rows a step
                    """,
                ]
                lines += (run.notes ?? [:]).sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
                if let origin = run.origin { lines.append("tried after \(origin): \(run.step ?? "")") }
                if let experiment = run.experiment { lines.append("winner of \(experiment)") }
                if let followUp = run.followUp { lines.append("next: \(followUp)") }
                if let t = run.training {
                    lines.append(
                        """
                        trained: \(t.steps) steps in \(Terminal.duration(t.seconds)), \
                        \(Terminal.number(t.tokensPerSecond)) tokens/s, peak \
                        \(Terminal.bytes(t.peakMemoryBytes)), validation loss \
                        \(Terminal.number(t.startValidationLoss)) → \(Terminal.number(t.validationLoss))
                        """
                    )
                }
                if let version = run.version { lines.append("version \(version)") }
                if let verdict = run.verdict { lines.append("verdict: \(verdict.summary)") }
                if let cause = run.cause { lines.append("cause: \(cause)") }
                return lines.joined(separator: "\n")
            }
        }
    }
}

struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The gate report of a run, or the rows behind it.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: String
    @Option(help: "Show so many of the rows with the highest loss.") var worst: Int?
    @Flag(help: "Show rows that were right before and are wrong now.") var regressions = false
    @Flag(help: "Show rows that were wrong before and are right now.") var fixes = false
    @Option(help: "Write the whole report to this file as one HTML page with plots.") var html: String?

    func run() async throws {
        try await connection.use { client in
            if let html {
                let page = try await client.data(ControlRoute.runReport(run), ["format": "html"])
                do { try page.write(to: URL(filePath: html), options: .atomic) } catch {
                    throw Failure(
                        code: "client.file", "The report cannot be written.", at: html,
                        remedy: "Check the folder and its permissions.", cause: "\(error)")
                }
                return Terminal.line("Wrote \(html) (\(page.count) bytes).")
            }
            if worst != nil || regressions || fixes {
                let order = regressions ? "regressions" : fixes ? "fixes" : "worst"
                let rows = try await client.get(
                    [ExampleComparison].self, ControlRoute.runExamples(run),
                    ["order": order, "limit": String(worst ?? 20)])
                return try connection.show(rows, Self.examples)
            }
            try connection.show(try await client.get(Run.self, ControlRoute.run(run)), Self.text)
        }
    }

    static func examples(_ rows: [ExampleComparison]) -> String {
        rows.isEmpty
            ? "(none)"
            : rows.map { row in
                let c = row.candidate
                return """
                    \(c.row)\(c.set == .gate ? "" : " of \(c.set)") loss \
                    \(Terminal.number(c.lossSum / Double(max(1, c.tokens))))
                      prompt:    \(c.prompt.replacingOccurrences(of: "\n", with: " ⏎ ").prefix(160))
                      wanted:    \(c.reference.prefix(120))
                      candidate: \((c.output ?? "–").prefix(120))
                      before:    \((row.served?.output ?? "–").prefix(120))
                    """
            }.joined(separator: "\n")
    }

    static func text(_ run: Run) -> String {
        guard let verdict = run.verdict else {
            return "\(run.id) is \(run.state.rawValue): it has not been judged yet."
        }
        var lines = ["\(run.id) of \(run.pipeline): \(verdict.outcome.rawValue.uppercased())", verdict.summary, ""]
        let models = ModelRole.compared.reversed().filter { verdict.figures[$0] != nil }
        let metrics = Set(models.flatMap { verdict.figures[$0]?[.gate]?.keys.map { $0 } ?? [] }).sorted()
        lines.append(
            Terminal.table(
                ["METRIC (gate set)"] + models.map { $0 == .served ? "served before" : $0.rawValue },
                metrics.map { metric in
                    [metric.rawValue] + models.map { Terminal.number(verdict.figures[$0]?[.gate]?[metric]) }
                }))
        lines.append("")
        for gate in verdict.gates {
            let mark = gate.outcome == .pass ? "✓" : gate.outcome == .fail ? "✗" : "?"
            lines.append("\(mark) \(gate.rule)")
            lines.append("    \(gate.explanation)")
        }
        if let confusion = verdict.confusion {
            let classes = confusion.keys.sorted()
            let said = classes + (confusion.values.contains { $0["(other)"] != nil } ? ["(other)"] : [])
            lines += ["", "Confusion (rows: true, columns: answered)"]
            lines.append(
                Terminal.table(
                    [""] + said.map { String($0.prefix(8)) } + ["recall"],
                    classes.map { name in
                        let row = confusion[name] ?? [:]
                        let total = row.values.reduce(0, +)
                        return [name] + said.map { row[$0].map(String.init) ?? "·" } + [
                            total > 0 ? String(format: "%.2f", Double(row[name] ?? 0) / Double(total)) : "–"
                        ]
                    }))
        }
        if let t = run.training {
            lines += [
                "",
                """
                Trained in \(Terminal.duration(t.seconds)): \(t.steps) steps, \
                \(Terminal.number(t.tokensPerSecond)) tokens/s, peak memory \(Terminal.bytes(t.peakMemoryBytes))
                """,
            ]
        }
        for advice in verdict.advice { lines.append("→ \(advice.action): \(advice.reason)") }
        if let followUp = run.followUp { lines.append("next: \(followUp)") }
        if let range = run.range { lines += ["", RangeTestReport.text(range, notes: run.notes)] }
        return lines.joined(separator: "\n")
    }
}

struct RunNow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Queue a run of a pipeline now.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: String
    @Option(help: "continue, stack or from-base; the pipeline's own otherwise.") var mode: String?
    @Option(help: "Why.") var reason: String?

    func run() async throws {
        try await connection.use { client in
            let wanted = try mode.map { text in
                guard let mode = Run.Mode(rawValue: text) else {
                    throw ValidationError("'\(text)' is not a mode: use continue, stack or from-base.")
                }
                return mode
            }
            let run = try await client.post(
                Run.self, ControlRoute.pipelineRuns(pipeline), RunRequest(mode: wanted, reason: reason))
            try connection.show(run) { "Queued \($0.id). Follow it with: ftctl watch \($0.id)" }
        }
    }
}

struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the model of a judged run.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: String
    @Option(help: "Why; on the record for ever.") var reason: String?
    @Flag(help: "Override a verdict that is not 'pass'; needs --reason.") var force = false

    func run() async throws {
        guard !force || reason?.isEmpty == false else { throw ValidationError("--force needs --reason.") }
        try await connection.use { client in
            let record = try await client.post(
                PromotionRecord.self, ControlRoute.runPromote(run),
                PromoteRequest(reason: reason ?? "promoted by hand", force: force))
            try connection.show(record) {
                "\($0.pipeline) serves \($0.version?.rawValue ?? "the base") (\($0.kind.rawValue))"
            }
        }
    }
}

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve an earlier version again.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: String
    @Option(help: "The version; the one before otherwise.") var to: String?
    @Option(help: "Why; on the record for ever.") var reason = "rolled back by hand"

    func run() async throws {
        try await connection.use { client in
            let record = try await client.post(
                PromotionRecord.self, ControlRoute.rollback(pipeline),
                RollbackRequest(version: to.map { VersionID($0) }, reason: reason))
            try connection.show(record) { "\($0.pipeline) serves \($0.version?.rawValue ?? "the base") again" }
        }
    }
}

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What was served, from when on, and why.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: String
    @Option(help: "What was served at this time (such as 2026-11-24T12:00:00Z).") var at: String?
    @Flag(help: "Check the hash chain.") var verify = false

    func run() async throws {
        try await connection.use { client in
            if verify {
                let answer = try await client.get(VerifyAnswer.self, ControlRoute.history(pipeline), ["verify": "1"])
                try connection.show(answer) {
                    $0.intact
                        ? "\($0.records) records, the chain is intact"
                        : "The chain is broken at record \($0.firstBroken ?? 0)"
                }
                if !answer.intact { throw ExitCode(1) }
                return
            }
            var records = try await client.get([PromotionRecord].self, ControlRoute.history(pipeline))
            if let at {
                guard let date = ISO8601DateFormatter().date(from: at) else {
                    throw ValidationError("'\(at)' is not a time such as 2026-11-24T12:00:00Z.")
                }
                records = records.first { $0.at <= date }.map { [$0] } ?? []
            }
            try connection.show(records) { records in
                Terminal.table(
                    ["#", "SINCE", "SERVED", "BEFORE", "RUN", "HOW", "WHO", "WHY"],
                    records.map {
                        [
                            String($0.sequence), Terminal.time($0.at), $0.version?.rawValue ?? "the base",
                            $0.previous?.rawValue ?? "the base",
                            $0.run?.rawValue ?? "–", $0.kind.rawValue, $0.who, $0.reason,
                        ]
                    })
            }
        }
    }
}

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Stop a run for good.")
    @OptionGroup var connection: Connection
    @Argument(help: "The run.") var run: String

    func run() async throws {
        try await connection.use { client in
            try connection.show(try await client.post(Run.self, ControlRoute.runCancel(run), [String: String]())) {
                "\($0.id) is \($0.state.rawValue)"
            }
        }
    }
}
