import Foundation
import Ledger
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
    private func validate(_ drop: Drop, _ pipeline: PipelineSettings) throws -> Bool {
        let folder = context.layout.intake(pipeline.name, drop: drop.id)
        var report: IntakeReport
        let controlTokens =
            try context.ledger.base(context.effective(pipeline).settings.base)?.controlTokens.map(ControlTokens.init)
            ?? .common
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
        if let failure = report.quarantined {
            next.state = .quarantined
            next.note = failure.message
            try quarantine(drop, folder)
            try context.ledger.update(next)
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
