import Foundation
import Ledger
import Monitoring
import Nouns
import Platform
import RowFormats
import Settings
import StageKit

/// How a recorded drop is judged.
extension IntakeService {
    /// Reads every received drop of the pipeline; returns those that are still being written. A drop that cannot be
    /// read does not hold up the others.
    func validateAll(_ pipeline: PipelineSettings) throws -> [DropID] {
        var waiting: [DropID] = []
        for drop in try context.ledger.drops(in: .received, pipeline: pipeline.name) {
            try guarding("drop:\(pipeline.name):read:\(drop.id)", pipeline, event: "stage.failed") {
                if try !validate(drop, pipeline) { waiting.append(drop.id) }
            }
        }
        return waiting
    }

    /// Reads one drop. False where it was written to meanwhile, and must be read again.
    private func validate(_ received: Drop, _ pipeline: PipelineSettings) throws -> Bool {
        let settings = try settingsOfReading(pipeline)
        guard let drop = try recorded(received, as: settings) else { return true }
        let folder = context.layout.intake(pipeline.name, drop: drop.id)
        var report: IntakeReport
        let controlTokens = settings.controlTokens.map(ControlTokens.init) ?? .common
        switch try FileReading(drop: drop, pipeline: pipeline, folder: folder, controlTokens: controlTokens).read() {
        case .read(let found): report = found
        case .changed(let sha256, let bytes):
            var again = drop
            again.sha256 = sha256
            again.bytes = bytes
            context.logger.notice(
                "\(RawPath.shown(drop.name.utf8)) was written to after it was dropped; it is read again",
                metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.received"])
            let recorded = try context.ledger.receiveAgain(again)
            if recorded.state == .duplicate { tellOfReceipt(recorded) }
            return recorded.state == .duplicate
        }
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
                Judged \(name): \(report.rowsAccepted) rows good, \(report.rowsRejected) bad, \
                \(report.rowsDuplicate) twice
                """,
                metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.validated"])
            if report.rowsRejected > 0 {
                context.logger.warning(
                    """
                    \(report.rowsRejected) of \(report.rowsRead) rows of \(name) are bad; the others go on. See \
                    \(folder)/report.json
                    """,
                    metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.rows-rejected"])
            }
        }
        return true
    }

    /// What decides how the pipeline's files are read, as it is now.
    func settingsOfReading(_ pipeline: PipelineSettings) throws -> ReadingSettings {
        ReadingSettings(
            data: pipeline.data,
            controlTokens: try context.ledger.base(context.effective(pipeline).settings.base)?.controlTokens)
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
