import ControlProtocol
import Foundation
import Gating
import Judged
import Nouns
import Reports
import StageKit
import WorkerProtocol

/// Collects what the report of one run shows: the ledger's run, its training events, and the rows behind its figures.
enum RunReport {
    /// Rows a list shows.
    private static let rows = 20

    /// The data of the report; parts whose files are gone are left out.
    static func data(_ run: Run, _ context: StageContext) -> ReportData {
        var data = ReportData(run: run)
        let events = events(context.layout.run(run.id.rawValue) + "/events.jsonl")
        // A resumed run goes over some steps again: the later report of a step counts.
        data.steps = latest(events.compactMap(\.step), by: \.step)
        data.validations = latest(events.compactMap(\.validation), by: \.step)
        guard let pairs = try? pairs(run, context, sets: ["gate"]) else { return data }
        func right(_ record: ExampleRecord?) -> Bool { record.map(ExampleFigures.isRight) ?? false }
        // Without generated answers right and wrong say nothing.
        if pairs.contains(where: { $0.candidate.output != nil }) {
            data.regressions = Array(pairs.filter { right($0.served) && !right($0.candidate) }.prefix(rows))
            data.fixes = Array(pairs.filter { !right($0.served) && right($0.candidate) }.prefix(rows))
        }
        data.worst = Array(pairs.sorted { loss($0) > loss($1) }.prefix(rows))
        return data
    }

    /// Every row of some sets (nil: of all that every model was asked) as the candidate and what it was compared with
    /// answered it.
    static func pairs(_ run: Run, _ context: StageContext, sets: Set<String>?) throws -> [ExampleComparison] {
        let records = try RunExamples.all(run, context)
        let reference = Dictionary(
            (records["served"] ?? records["base"] ?? []).map { (Key(set: $0.set, row: $0.row), $0) },
            uniquingKeysWith: { $1 })
        return (records["candidate"] ?? []).compactMap { record in
            guard sets?.contains(record.set) ?? true, let other = reference[Key(set: record.set, row: record.row)]
            else { return nil }
            return ExampleComparison(candidate: record, served: other)
        }
    }

    private struct Key: Hashable {
        var set: String
        var row: RowID
    }

    private static func loss(_ pair: ExampleComparison) -> Double {
        pair.candidate.lossSum / Double(max(1, pair.candidate.tokens))
    }

    private static func latest<Value>(_ values: [Value], by step: KeyPath<Value, Int>) -> [Value] {
        var kept: [Int: Value] = [:]
        for value in values { kept[value[keyPath: step]] = value }
        return kept.values.sorted { $0[keyPath: step] < $1[keyPath: step] }
    }

    /// The events of a run's training; lines that are cut off are skipped.
    private static func events(_ path: String) -> [WorkerEvent] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return data.split(separator: 10).compactMap { try? ContractCoding.decode(WorkerEvent.self, from: Data($0)) }
    }
}
