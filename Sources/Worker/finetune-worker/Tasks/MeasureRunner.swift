import Encoding
import Foundation
import JSONText
import ModelLoading
import Nouns
import Platform
import RowFiles
import Tensors
import WorkerProtocol

/// Counts the tokens of rows as they would be trained, in memory that does not grow with the rows.
struct MeasureRunner {
    private static let flushBytes = 1 << 20
    private static let rowsAtOnce = 4096

    let context: TaskContext

    func run(_ task: MeasureTask) throws -> WorkerResult {
        context.events.stage("loading")
        let encoder = try LoadedText(task.model, interruption: StopRequest.heed).encoder
        context.events.stage("encoding")
        var totals = Totals()
        let path = context.path("measure.jsonl")
        let temporary = try AtomicFile.write(beside: path) { totals = try measure(task, encoder, to: $0, named: $1) }
        try AtomicFile.rename(temporary, to: path)
        if let count = task.shownRows, count > 0 {
            var lines = Data()
            try RowReader.each(task.rows, limit: count, interruption: StopRequest.heed) { row in
                lines += try ContractCoding.encode(encoder.shown(row, maximumLength: task.maxLength)) + [10]
            }
            try AtomicFile.write(lines, to: context.path("shown.jsonl"))
        }
        var result = WorkerResult()
        var file = try FileReference(of: path)
        file.rows = totals.rows
        result.files = [file]
        result.figures = [
            "rows": Double(totals.rows), "tokens": Double(totals.tokens), "label_tokens": Double(totals.labels),
            "truncated_rows": Double(totals.truncated), "unusable_rows": Double(totals.unusable),
        ]
        return result
    }

    private struct Totals {
        var rows = 0, tokens = 0, labels = 0, truncated = 0, unusable = 0

        mutating func add(_ line: RowMeasurement) {
            rows += 1
            tokens += line.tokens
            labels += line.labels
            if line.truncated > 0 { truncated += 1 }
            if line.problem != nil { unusable += 1 }
        }
    }

    private func measure(_ task: MeasureTask, _ encoder: RowEncoder, to descriptor: Int32, named name: String) throws
        -> Totals
    {
        let expected = task.rows.reduce(0) { $0 + ($1.rows ?? 0) }
        var totals = Totals()
        var lines: [UInt8] = []
        func flush() throws {
            try lines.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: name) }
            lines.removeAll(keepingCapacity: true)
        }
        let team = ThreadTeam(threads: context.threads)
        let files = task.rows
        try ReadAhead.run { give in
            try RowReader.batches(files, atOnce: Self.rowsAtOnce, interruption: StopRequest.heed, give)
        } take: { (batch: LineBatch) in
            try StopRequest.heed()
            var measured = [Result<RowMeasurement, any Error>?](repeating: nil, count: batch.count)
            measured.withUnsafeMutableBufferPointer { measured in
                nonisolated(unsafe) let measured = measured
                team.rows(batch.count, grain: 16) { rows, _ in
                    for index in rows {
                        measured[index] = Result { Self.measurement(try batch.row(index), encoder, task) }
                    }
                }
            }
            for case let result? in measured {
                let line = try result.get()
                MeasurementLine.append(line, to: &lines)
                totals.add(line)
            }
            context.events.progress(totals.rows, of: max(expected, totals.rows), "rows")
            if lines.count >= Self.flushBytes { try flush() }
        }
        try flush()
        return totals
    }

    private static func measurement(_ row: Row, _ encoder: RowEncoder, _ task: MeasureTask) -> RowMeasurement {
        var measurement = RowMeasurement(row: row.id, drop: row.drop, line: row.line, file: row.file)
        do {
            var examples = try encoder.examples(row, maximumLength: task.maxLength)
            if task.pairs == true, let chosen = examples.last,
                let rejected = try encoder.rejected(row, maximumLength: task.maxLength)
            {
                if rejected.ids == chosen.ids { throw EncodingFailure.equalAnswers(maximumLength: task.maxLength) }
                // A pair is as long as its longer answer makes it.
                if rejected.ids.count + rejected.truncated > chosen.ids.count + chosen.truncated {
                    examples = [rejected]
                }
            }
            // A conversation that is trained turn by turn is as long as its examples are together.
            for example in examples {
                measurement.tokens += example.ids.count
                measurement.labels += example.labelCount
                measurement.truncated += example.truncated
            }
        } catch {
            measurement.problem = "\(error)"
            measurement.obstacle =
                switch error as? EncodingFailure {
                case .tooLong: .tooLong
                case .noLabels, .equalAnswers: .noLabels
                default: .template
                }
        }
        return measurement
    }
}
