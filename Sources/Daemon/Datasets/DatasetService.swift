import DataQuality
import Foundation
import Ledger
import Logging
import Monitoring
import Nouns
import Platform
import Reports
import RowFiles
import ServiceLifecycle
import Settings
import StageKit

/// Takes drops in state `validated`; gives them in state `stored`, their new rows in content-addressed shards.
///
/// Never changes a shard: what is stored is named by its content.
package struct DatasetService: Service {
    /// While many drops are stored, their scheduler hears of them so often.
    private static let tellingInterval = Duration.seconds(1)

    /// How long who withdraws a drop waits for a drop that is being stored.
    private static let patienceOfPeople = Duration.seconds(10)

    let context: StageContext
    private let loop: StageLoop
    /// One at a time changes a pipeline's dataset: the loop, or who withdraws a drop.
    let turns = Turns()

    private let rowsAtOnce: Int

    /// - Parameter rowsAtOnce: rows of a drop that are stored in one transaction.
    package init(_ context: StageContext, rowsAtOnce: Int = DropStoring.batchRows) {
        self.context = context
        self.rowsAtOnce = rowsAtOnce
        loop = StageLoop(
            "datasets", code: "datasets.store", context, bell: context.bells.datasets, every: .seconds(45))
    }

    package func run() async throws { await loop.run { try pass() } }

    /// Stores every validated drop. One that cannot be stored keeps its state and does not hold up the others.
    ///
    /// Throws what reading the ledger throws, and a CancellationError: then the drop in hand is stored from its
    /// beginning at the next start.
    func pass() throws {
        let waiting = try context.ledger.drops(in: .validated)
        loop.forget("drop", except: waiting.map(\.id.rawValue))
        // Without its pipeline's settings nobody knows the sides; such a drop waits until they are back.
        for pipeline in context.settings.pipelines {
            try turns.taken(pipeline.name) {
                try catchUp(pipeline)
                try store(waiting.filter { $0.pipeline == pipeline.name }, of: pipeline)
            }
        }
    }

    /// Brings the index and the report up to date with what a crash, a withdrawal or a new template left behind.
    private func catchUp(_ pipeline: PipelineSettings) throws {
        try loop.guarding("datasets:\(pipeline.name):index", about: ["pipeline": "\(pipeline.name)"]) {
            guard
                try !context.ledger.unindexedDrops(pipeline.name).isEmpty || !context.ledger.hasReport(pipeline.name)
                    || isReportExpected(pipeline.name)
            else { return }
            _ = try NearKeeping(context: context, pipeline: pipeline).open()
            try makeReport(pipeline.name) { _ = try ReportMaking(context: context, pipeline: pipeline).dataset() }
            context.bells.prequential.ring()
            context.bells.scheduling.ring()
            context.bells.examination.ring()
        }
    }

    private func store(_ drops: [Drop], of pipeline: PipelineSettings) throws {
        // Counts of the dataset that grows in this pass; its report follows once, at the end.
        var counts: DataStatistics?
        // Whoever schedules looks at all drops each time: where many come at once, once in a while is enough.
        var isTold = true
        var toldAt = ContinuousClock.now - Self.tellingInterval
        func tell() {
            if !isTold {
                context.bells.prequential.ring()
                context.bells.scheduling.ring()
            }
            (isTold, toldAt) = (true, .now)
        }
        defer { tell() }
        for drop in drops {
            let about: Logger.Metadata = ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)"]
            try loop.guarding("datasets:drop:\(drop.id)", about: about) {
                if try isToBeReadAgain(drop) { return }
                defer { context.bells.examination.ring() }
                do { try store(drop, pipeline, &counts) } catch let cancelled as CancellationError {
                    // The rows written so far are removed when the drop is stored again.
                    throw cancelled
                } catch {
                    // Half-written rows must not count as known to the next drop.
                    try context.ledger.forgetUnfinished(drop.id)
                    throw error
                }
                isTold = false
                if ContinuousClock.now - toldAt >= Self.tellingInterval { tell() }
            }
        }
        guard let counts else { return }
        try loop.guarding("datasets:\(pipeline.name):report", about: ["pipeline": "\(pipeline.name)"]) {
            try makeReport(pipeline.name) {
                _ = try ReportMaking(context: context, pipeline: pipeline).keepDataset(counts)
            }
        }
    }

    /// Gives a drop back to be read once more where its good rows are gone and its original is not: a backup that was
    /// made while it was being stored has it so.
    private func isToBeReadAgain(_ drop: Drop) throws -> Bool {
        let folder = context.layout.intake(drop.pipeline, drop: drop.id)
        var status = stat()
        guard lstat(folder + "/" + Self.rowsName, &status) != 0, errno == ENOENT,
            lstat(folder + "/original", &status) == 0
        else { return false }
        var again = drop
        again.state = .received
        try context.ledger.update(again)
        context.logger.notice(
            "The rows read of \(RawPath.shown(drop.name.utf8)) are gone; it is read again",
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.received"])
        context.bells.intake.ring()
        return true
    }

    /// The good rows of a drop, until they are stored.
    static let rowsName = "rows.jsonl.zst"

    // MARK: - The dataset's report

    /// What a dataset's report is noted by in the ledger while it is behind its drops.
    private static let reportMark = "report"

    /// Notes that the dataset's report is behind its drops, so that it is made anew even if the daemon stops before.
    private func expectReport(_ pipeline: PipelineName) throws {
        guard try !isReportExpected(pipeline) else { return }
        try context.ledger.setMark(pipeline, Self.reportMark, "behind")
    }

    private func isReportExpected(_ pipeline: PipelineName) throws -> Bool {
        try context.ledger.mark(pipeline, Self.reportMark) == "behind"
    }

    /// Makes the dataset's report by `make`, which is up to date then.
    private func makeReport(_ pipeline: PipelineName, _ make: () throws -> Void) throws {
        try make()
        try context.ledger.setMark(pipeline, Self.reportMark, "whole")
    }

    /// Withdraws a drop; returns how many of its rows stay because other drops brought them too.
    func revoke(_ drop: Drop, who: String, reason: String) throws -> Int {
        try turns.taken(drop.pipeline, atMost: Self.patienceOfPeople) {
            let kept = try context.ledger.keptRows(of: drop.id)
            let folder = context.layout.shards(drop.pipeline)
            let places = Dictionary(kept.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            var writers: [DropID: [Split: ShardWriter]] = [:]
            if !kept.isEmpty {
                for shard in try context.ledger.shards(drop.pipeline, drop: drop.id) {
                    try RowFile.read(shard.file.path) { row in
                        guard let place = places[row.id] else { return }
                        var row = row
                        (row.drop, row.line) = (place.drop, place.line)
                        if writers[place.drop]?[shard.split] == nil {
                            writers[place.drop, default: [:]][shard.split] = try ShardWriter(folder: folder)
                        }
                        try writers[place.drop]?[shard.split]?.write(row)
                    }
                }
            }
            var shards: [(drop: DropID, split: Split, file: FileReference)] = []
            for (owner, files) in writers {
                for (split, writer) in files { shards.append((owner, split, try writer.finish())) }
            }
            _ = try context.ledger.revoke(drop.id, kept: kept, shards: shards, who: who, reason: reason)
            NearIndex.remove(folder: context.layout.nearIndex(drop.pipeline))
            context.problems.set("datasets:drop:\(drop.id)", nil)
            context.bells.datasets.ring()
            return kept.count
        }
    }

    private func store(_ drop: Drop, _ pipeline: PipelineSettings, _ counts: inout DataStatistics?)
        throws
    {
        let near = try NearKeeping(context: context, pipeline: pipeline).open()
        let making = ReportMaking(context: context, pipeline: pipeline)
        var all = try counts ?? making.counts()
        try expectReport(pipeline.name)
        let storing = try DropStoring(context, drop, pipeline.data, near: near, rowsAtOnce: rowsAtOnce)
        let (stored, shards, report): (Drop, [Split: FileReference], DataReport?)
        do { (stored, shards, report) = try storing.run(making, against: all) } catch {
            near.discard()
            throw error
        }
        all.merge(storing.statistics)
        counts = all
        try near.commit()
        try context.ledger.markIndexed([drop.id])
        context.meters.count(.drops, "\(drop.pipeline)", "stored")
        for (outcome, rows) in [
            ("stored", storing.stored), ("duplicate", stored.rowsDuplicate),
            ("kept_out", storing.setAside.values.reduce(0, +)),
        ] { context.meters.add(.rows, Double(rows), ["\(drop.pipeline)", outcome]) }
        // They are in the shards now.
        unlink(context.layout.intake(drop.pipeline, drop: drop.id) + "/" + Self.rowsName)
        let removed = storing.setAside.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            ", \($0.value) left out: \($0.key.rawValue)"
        }.joined()
        context.logger.notice(
            """
            Stored \(Quantity.counted(storing.stored, "row")) of \(drop.name) (\(shards[.train]?.rows ?? 0) to train, \
            \(shards[.validation]?.rows ?? 0) validation, \(shards[.gate]?.rows ?? 0) gate; \
            \(stored.rowsDuplicate) known already\(removed))
            """,
            metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.stored"])
        if let report { making.tell(report, stored) }
    }
}
