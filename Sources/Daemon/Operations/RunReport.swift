import ControlProtocol
import Foundation
import Nouns
import StageKit
import WorkerProtocol

/// Collects what the report of one run shows: the ledger's run, its training events, and the rows behind its figures.
enum RunReport {
    /// Rows a list shows.
    private static let rows = 20

    /// The data of the report; parts whose files are gone are left out.
    static func data(_ run: Run, _ context: StageContext) -> ReportData {
        var data = ReportData(run: run)
        let events = events(context.layout.events(run.id))
        // A resumed run goes over some steps again: the later report of a step counts.
        data.steps = latest(events.compactMap(\.step), by: \.step)
        data.validations = latest(events.compactMap(\.validation), by: \.step)
        guard let judged = try? JudgedRows(run, context) else { return data }
        data.regressions = judged.examples(.regressions, limit: rows)
        data.fixes = judged.examples(.fixes, limit: rows)
        data.worst = judged.examples(.worst, limit: rows)
        return data
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
