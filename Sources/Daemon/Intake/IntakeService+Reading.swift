import ControlProtocol
import Foundation
import Ledger
import Monitoring
import Nouns
import Platform
import Reports
import RowFormats
import Settings
import StageKit

/// How a recorded drop is judged.
extension IntakeService {
    /// Reads every received drop of the pipeline; returns those that wait, such as one that is still being written. A
    /// drop that cannot be read does not hold up the others.
    func validateAll(_ pipeline: PipelineSettings) throws -> [WaitingFile] {
        var waiting: [WaitingFile] = []
        for drop in try context.ledger.drops(in: .received, pipeline: pipeline.name) {
            try guarding("drop:\(pipeline.name):read:\(drop.id)", pipeline, event: "stage.failed") {
                let pipeline = pipeline.reading(drop.origin)
                let settings = try settingsOfReading(pipeline, drop.origin)
                guard var drop = try recorded(drop, as: settings) else { return }
                switch try read(drop, pipeline, settings) {
                case .read(let report, let readers):
                    drop.reader = readers
                    try judge(drop, pipeline, report)
                case .changed(let recorded):
                    if recorded.state == .duplicate {
                        tellOfReceipt(recorded)
                    } else {
                        waiting.append(try waitingDrop(drop.id))
                    }
                case .waiting(let reason): waiting.append(try waitingDrop(drop.id, reason))
                }
            }
        }
        return waiting
    }

    /// What came of reading a drop.
    private enum Reading {
        case read(IntakeReport, readers: String?)
        /// It was written to meanwhile, and is recorded with its new bytes.
        case changed(Drop)
        /// It cannot be read yet; why, as the end of a sentence.
        case waiting(String)
    }

    private func read(_ drop: Drop, _ pipeline: PipelineSettings, _ settings: ReadingSettings) throws -> Reading {
        let folder = context.layout.intake(pipeline.name, drop: drop.id)
        switch try makeRows(of: drop, in: folder) {
        case .waiting(let reason): return .waiting(reason)
        case .fault(let failure):
            return .read(FileReading.report(drop, failure), readers: nil)
        case .made(let made, let readers):
            let reading = FileReading(
                drop: drop, pipeline: pipeline, folder: folder,
                controlTokens: settings.controlTokens.map(ControlTokens.init) ?? .common, made: made)
            switch try reading.read() {
            case .read(let report): return .read(report, readers: readers)
            case .changed(let sha256, let bytes):
                var again = drop
                again.sha256 = sha256
                again.bytes = bytes
                context.logger.notice(
                    "\(RawPath.shown(drop.name.utf8)) was written to after it was dropped; it is read again",
                    metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.received"])
                return .changed(try context.ledger.receiveAgain(again))
            }
        }
    }

    /// Says whether the good rows of a drop go on, or puts it aside.
    private func judge(_ drop: Drop, _ pipeline: PipelineSettings, _ found: IntakeReport) throws {
        let folder = context.layout.intake(pipeline.name, drop: drop.id)
        var report = found
        report.quarantined = DropVerdict.quarantine(report, maximumBadShare: pipeline.data.maximumBadShare)
        try AtomicFile.write(try ContractCoding.pretty(report), to: folder + "/report.json")
        var next = drop
        next.rowsAccepted = report.rowsAccepted
        next.rowsRejected = report.rowsRejected
        next.rowsDuplicate = report.rowsDuplicate
        let name = RawPath.shown(drop.name.utf8)
        context.meters.add(.rows, Double(report.rowsRejected), ["\(pipeline.name)", "bad"])
        if let failure = report.quarantined {
            next.state = .quarantined
            next.note = failure.message
            try quarantine(drop, folder)
            try context.ledger.update(next)
            context.bells.scheduling.ring()
            context.meters.count(.drops, "\(pipeline.name)", "quarantined")
            context.logger.error(
                "Quarantined \(name): \(failure)",
                metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.quarantined"])
        } else {
            next.state = .validated
            try context.ledger.update(next)
            context.bells.datasets.ring()
            context.logger.info(
                """
                Judged \(name): \(Quantity.counted(report.rowsAccepted, "row")) good, \(report.rowsRejected) bad, \
                \(report.rowsDuplicate) twice
                """,
                metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.validated"])
            if report.rowsRejected > 0 {
                context.logger.warning(
                    """
                    \(report.rowsRejected) of \(Quantity.counted(report.rowsRead, "row")) of \(name) \
                    \(report.rowsRejected == 1 ? "is" : "are") bad; the others go on. See \(folder)/report.json
                    """,
                    metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.rows-rejected"])
            }
        }
    }

    /// What decides how the pipeline's files are read, as it is now.
    ///
    /// - Parameter origin: what was said of one of them.
    func settingsOfReading(_ pipeline: PipelineSettings, _ origin: DropOrigin? = nil) throws -> ReadingSettings {
        ReadingSettings(
            data: pipeline.reading(origin).data,
            controlTokens: try context.ledger.base(context.effective(pipeline).settings.base)?.controlTokens,
            only: origin?.only, rows: origin?.rows)
    }

    /// The drop with the settings that it is about to be read by, which may have changed since it came; nil where the
    /// same bytes were read by these already.
    private func recorded(_ drop: Drop, as settings: ReadingSettings) throws -> Drop? {
        let digest = try settings.digest()
        guard drop.reading != digest else { return drop }
        var drop = drop
        drop.reading = digest
        let recorded = try context.ledger.receiveAgain(drop)
        guard recorded.state == .duplicate else { return recorded }
        tellOfReceipt(recorded)
        return nil
    }

    /// Puts the original bytes and the report where people look for refused files.
    private func quarantine(_ drop: Drop, _ folder: String) throws {
        let place = context.layout.quarantine(drop.pipeline) + "/" + IntakeRules.quarantineName(drop)
        try AtomicFile.makeFolder(place)
        for name in ["original", "report.json", "name", ProblemLog.fileName]
        where FileManager.default.fileExists(atPath: folder + "/" + name) {
            try TreeCopy.link(RawPath(folder + "/" + name), to: RawPath(place + "/" + name))
        }
        try AtomicFile.sync(folder: place)
    }
}
