import Foundation
import Judged
import Launching
import Nouns
import Platform
import Settings
import StageKit

/// Runs a person's own evaluator: rows and outputs on standard input as JSON lines, figures on standard output as one
/// JSON object.
struct EvaluatorProgram {
    let settings: EvaluatorSettings
    /// Where its input and what it wrote are kept.
    let folder: String
    /// What it may read and change.
    let confinement: Confinement

    /// One line of its input.
    private struct Question: Encodable {
        var row: RowID
        var prompt: String
        var reference: String
        var output: String?
        var label: String?
        var fields: [String: JSONValue]?
        var drop: DropID?
    }

    /// Bytes of standard output that are read.
    private static let longest = 64 << 20

    /// What it says of a model's answers; whatever goes wrong with the program is in the outcome. Throws only what is
    /// wrong with the daemon's own files.
    func outcome(_ records: [ExampleRecord], model: ModelRole) async throws -> EvaluatorOutcome {
        let started = ContinuousClock.now
        var input = Data()
        for record in records {
            input += try ContractCoding.encode(
                Question(
                    row: record.row, prompt: record.prompt, reference: record.reference, output: record.output,
                    label: record.label, fields: record.fields,
                    drop: record.drop))
            input.append(10)
        }
        let ending = try await HookProgram.run(
            settings.command, event: input, folder: folder, name: "evaluator-\(settings.name)-\(model)",
            seconds: settings.seconds, keeping: Self.longest,
            confinement: confinement)
        var outcome: EvaluatorOutcome
        do {
            guard ending.succeeded else {
                let tail = ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
                throw fault(
                    ending.timedOut
                        ? "took more than \(settings.seconds) s"
                        : ending.status.map { "left with status \($0)" } ?? "did not end well",
                    cause: tail.isEmpty ? nil : tail)
            }
            guard ending.printed.count < Self.longest else { throw fault("wrote more than \(Self.longest >> 20) MiB") }
            outcome = try read(ending.printed, Set(records.map(\.row)), model)
        } catch let failure as Failure {
            outcome = EvaluatorOutcome(failure: failure)
        }
        outcome.seconds = started.duration(to: .now) / .seconds(1)
        return outcome
    }

    /// `{"metrics": {…}, "rows": [{"row": …, "score": …}]}`, or an object of numbers alone.
    private func read(_ data: Data, _ known: Set<RowID>, _ model: ModelRole) throws -> EvaluatorOutcome {
        guard let members = (try? JSONDecoder().decode(JSONValue.self, from: data))?.objectValue else {
            throw fault("did not write one JSON object")
        }
        let isPlain = members["metrics"] == nil && members["rows"] == nil
        var outcome = EvaluatorOutcome()
        for (name, value) in (isPlain ? members : members["metrics"]?.objectValue ?? [:]) {
            guard let number = value.doubleValue, number.isFinite else {
                throw fault("gave the metric '\(name)' a value that is no number")
            }
            outcome.metrics[name] = number
        }
        guard let rows = members["rows"] else { return outcome }
        guard let list = rows.arrayValue else { throw fault("gave 'rows' that are no list") }
        var lines = Data()
        var seen: Set<RowID> = []
        for value in list {
            guard let row = value.objectValue, let id = (row["row"]?.stringValue).map({ RowID($0) }),
                known.contains(id), seen.insert(id).inserted
            else {
                throw fault("gave a row that it was not asked about, or one twice")
            }
            var scores: [String: Double] = [:]
            for (name, value) in row where name != "row" {
                guard let number = value.doubleValue, number.isFinite else {
                    throw fault("gave row \(id) a '\(name)' that is no number")
                }
                scores[name] = number
            }
            lines += try ContractCoding.encode(EvaluatorRow(row: id, scores: scores))
            lines.append(10)
        }
        guard seen.count == known.count else {
            throw fault("gave scores of \(seen.count) rows, and was asked about \(known.count)")
        }
        let path = folder + "/evaluator-\(settings.name)-\(model).jsonl"
        try AtomicFile.write(lines, to: path)
        outcome.rows = FileReference(path: path, sha256: Digest.sha256(lines), bytes: lines.count, rows: list.count)
        return outcome
    }

    private func fault(_ what: String, cause: String? = nil) -> Failure {
        Failure(
            code: "evaluator.failed", "The evaluator '\(settings.name)' \(what).", at: settings.command.first,
            remedy:
                """
                Try it by hand: it reads JSON lines with row, prompt, reference and output, and writes \
                {\"metrics\": {\"score\": 0.9}, \"rows\": […]}.
                """,
            cause: cause)
    }
}

extension SupervisionService {
    /// What each evaluator says of candidate, served model and base, by model.
    func evaluate(_ run: Run, by evaluators: [EvaluatorSettings], _ scores: [ModelRole: ModelScores]) async throws
        -> [ModelRole: [String: EvaluatorOutcome]]
    {
        var outcomes: [ModelRole: [String: EvaluatorOutcome]] = [:]
        for settings in evaluators {
            for model in ModelRole.compared + [.anchor] {
                guard let result = scores[model]?.sets[settings.set] else { continue }
                context.feed.tell(run.id, run.state, message: "asks the evaluator \(settings.name) about the \(model)")
                let folder = context.layout.run(run.id)
                let program = EvaluatorProgram(
                    settings: settings, folder: folder,
                    confinement: Confinement(
                        context.layout, context.settings.now, of: run.pipeline, reading: [folder],
                        writing: settings.writable))
                outcomes[model, default: [:]][settings.name] = try await program.outcome(
                    RunExamples.records(result.examples.path), model: model)
            }
        }
        return outcomes
    }
}
