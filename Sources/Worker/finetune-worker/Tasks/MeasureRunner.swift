import Contracts
import Encoding
import Foundation

/// Counts the tokens of rows as they would be trained.
struct MeasureRunner {
    let context: TaskContext

    func run(_ task: MeasureTask) throws -> WorkerResult? {
        context.events.stage("loading")
        let encoder = try LoadedModel(path: task.model.basePath).encoder
        context.events.stage("encoding")
        var lines: [RowMeasurement] = []
        var totals = (tokens: 0, labels: 0, truncated: 0, unusable: 0)
        // One file after the other, so that only one is in memory.
        for file in task.rows {
            let rows = try RowReader.read([file])
            for (index, row) in rows.enumerated() {
                if StopRequest.isMade { return nil }
                let line = measure(row, encoder, task.maxLength)
                lines.append(line)
                totals.tokens += line.tokens
                totals.labels += line.labels
                if line.truncated > 0 { totals.truncated += 1 }
                if line.problem != nil { totals.unusable += 1 }
                if (index + 1) % 256 == 0 || index + 1 == rows.count { context.events.progress(index + 1, of: rows.count, "rows") }
            }
        }
        var result = WorkerResult()
        result.files = [try ResultFile.writeLines(lines, to: context.path("measure.jsonl"))]
        result.figures = [
            "rows": Double(lines.count), "tokens": Double(totals.tokens), "label_tokens": Double(totals.labels),
            "truncated_rows": Double(totals.truncated), "unusable_rows": Double(totals.unusable),
        ]
        return result
    }

    private func measure(_ row: Row, _ encoder: RowEncoder, _ maximumLength: Int) -> RowMeasurement {
        do {
            let example = try encoder.example(row.content, maximumLength: maximumLength)
            return RowMeasurement(row: row.id, tokens: example.ids.count, labels: example.labelCount, truncated: example.truncated)
        } catch {
            let obstacle: RowMeasurement.Obstacle =
                switch error as? EncodingFailure {
                case .tooLong: .tooLong
                case .noLabels: .noLabels
                default: .template
                }
            return RowMeasurement(row: row.id, tokens: 0, labels: 0, truncated: 0, problem: "\(error)", obstacle: obstacle)
        }
    }
}
