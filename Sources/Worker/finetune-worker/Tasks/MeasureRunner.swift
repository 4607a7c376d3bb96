import Contracts
import Foundation

/// Counts the tokens of rows as they would be trained.
struct MeasureRunner {
    let context: TaskContext

    /// One line of `measure.jsonl`.
    private struct Measurement: Codable {
        var row: RowID
        var tokens: Int
        var labels: Int
        /// Tokens that would be cut off.
        var truncated: Int
        /// Why the row cannot be trained on, where it cannot.
        var problem: String?
    }

    func run(_ task: MeasureTask) throws -> WorkerResult? {
        context.events.stage("loading")
        let encoder = try LoadedModel(path: task.model.basePath).encoder
        let rows = try RowReader.read(task.rows)
        context.events.stage("encoding")
        var lines: [Measurement] = []
        var totals = (tokens: 0, labels: 0, truncated: 0, unusable: 0)
        for (index, row) in rows.enumerated() {
            if StopRequest.isMade { return nil }
            do {
                let example = try encoder.example(row.content, maximumLength: task.maxLength)
                lines.append(
                    Measurement(row: row.id, tokens: example.ids.count, labels: example.labelCount, truncated: example.truncated))
                totals.tokens += example.ids.count
                totals.labels += example.labelCount
                if example.truncated > 0 { totals.truncated += 1 }
            } catch {
                lines.append(Measurement(row: row.id, tokens: 0, labels: 0, truncated: 0, problem: "\(error)"))
                totals.unusable += 1
            }
            if (index + 1) % 256 == 0 || index + 1 == rows.count { context.events.progress(index + 1, of: rows.count, "rows") }
        }
        var result = WorkerResult()
        result.files = [try ResultFile.writeLines(lines, to: context.path("measure.jsonl"))]
        result.figures = [
            "rows": Double(rows.count), "tokens": Double(totals.tokens), "label_tokens": Double(totals.labels),
            "truncated_rows": Double(totals.truncated), "unusable_rows": Double(totals.unusable),
        ]
        return result
    }
}
