import Foundation
import Ledger
import Nouns
import Platform
import RowFormats
import Settings
import StageKit

/// Files that are written to after they were taken: what came late becomes a further drop.
extension IntakeService {
    /// How long a taken file that others may write to is kept in sight after its last change, in seconds.
    static let patience = 86_400.0

    /// Keeps a drop's file in sight where it may still be written to.
    func watch(_ id: DropID, _ pipeline: PipelineSettings) throws {
        let files = ClaimedFiles(folder: context.layout.intake(pipeline.name, drop: id))
        if files.given == files.source { state.watch(id, of: pipeline.name) }
    }

    /// Takes what was written to files after they were taken; returns what has to become quiet first. A file that
    /// cannot be looked at does not hold up the others.
    func takeLate(_ pipeline: PipelineSettings) throws(CancellationError) -> [DropID] {
        var waiting: [DropID] = []
        for id in state.watched(pipeline.name) {
            try guarding("drop:\(pipeline.name):late:\(id)", pipeline, event: "watch.failed") {
                if try !takeLate(id, pipeline) { waiting.append(id) }
            }
        }
        return waiting
    }

    /// Returns false where the file is being written to now.
    private func takeLate(_ id: DropID, _ pipeline: PipelineSettings) throws -> Bool {
        let files = ClaimedFiles(folder: context.layout.intake(pipeline.name, drop: id))
        guard let drop = try context.ledger.drop(id), drop.state != .revoked, files.given == files.source else {
            state.forget(id, of: pipeline.name)
            return true
        }
        guard let changedAt = try files.changedAt() else {
            // Whatever is said of the future was said by a clock that was wrong.
            let age = Date().timeIntervalSince1970 - (try DropContents(RawPath(files.source)).changedAt)
            if age > Self.patience {
                try files.forgetSource()
                state.forget(id, of: pipeline.name)
            }
            return true
        }
        guard isQuiet(changedAt) else { return false }
        guard try DropContents(RawPath(files.source)).digest().sha256 != drop.sha256 else {
            try files.note()
            return true
        }
        let name = FileManager.default.contents(atPath: files.folder + "/name").map(Array.init) ?? Array(drop.name.utf8)
        let later = DropID.new(at: Date(), random: UInt32.random(in: 0...UInt32.max))
        let hidden = hiddenFolder(later, pipeline)
        state.mustRecover(pipeline.name)
        try AtomicFile.makeFolder(hidden)
        try AtomicFile.write(name, to: hidden + "/name")
        try TreeCopy.copy(RawPath(files.source), to: RawPath(hidden + "/original.copy"))
        try AtomicFile.move(hidden + "/original.copy", to: hidden + "/original")
        context.logger.notice(
            "\(RawPath.shown(drop.name.utf8)) was written to after it was taken; it is read again as \(later)",
            metadata: ["pipeline": "\(pipeline.name)", "drop": "\(later)", "event": "drop.received"])
        try finishClaim(later, pipeline)
        try files.handOver(to: ClaimedFiles(folder: context.layout.intake(pipeline.name, drop: later)))
        state.forget(id, of: pipeline.name)
        try watch(later, pipeline)
        state.hasRecovered(pipeline.name)
        return true
    }
}
