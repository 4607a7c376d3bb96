import Foundation
import Ledger
import Monitoring
import Nouns
import Platform
import RowFormats
import Settings
import StageKit

/// How a file becomes a drop: moved into a folder of its own, then recorded. Killed anywhere between, it is found
/// again.
extension IntakeService {
    /// Begins the name of a folder that is not a drop yet.
    private static let claiming = ".claim-"

    /// Drops that were claimed but not yet recorded when the daemon died. One that cannot be recorded does not hold up
    /// the others.
    func recover(_ pipeline: PipelineSettings) throws {
        let folder = context.layout.intake(pipeline.name)
        guard FileManager.default.fileExists(atPath: folder) else { return state.hasRecovered(pipeline.name) }
        try removeLeftovers(folder)
        var isWhole = true
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
            let isDone: Void? = try guarding("drop:\(pipeline.name):claim:\(name)", pipeline, event: "watch.failed") {
                var id = name
                if name.hasPrefix(Self.claiming) {
                    id = String(name.dropFirst(Self.claiming.count))
                    // Killed while it claimed: where the file had been moved already, the claim is carried through.
                    // Only the kernel's word that nothing was moved yet lets it be removed.
                    let claim = ClaimedFiles(folder: folder + "/" + name)
                    guard try claim.isThere() else {
                        return try FileManager.default.removeItem(atPath: folder + "/" + name)
                    }
                    try claim.secure()
                    try AtomicFile.move(folder + "/" + name, to: folder + "/" + id)
                }
                guard id.hasPrefix("d-") else { return }
                if try context.ledger.drop(DropID(id)) == nil { try record(DropID(id), pipeline) }
                try watch(DropID(id), pipeline)
            }
            if isDone == nil { isWhole = false }
        }
        if isWhole { state.hasRecovered(pipeline.name) }
    }

    /// Moves what was dropped into a folder of its own, from where nothing but this daemon reads it, then records it.
    func claim(_ path: RawPath, _ name: [UInt8], _ pipeline: PipelineSettings) throws {
        let id = DropID.new(at: Date(), random: UInt32.random(in: 0...UInt32.max))
        let hidden = hiddenFolder(id, pipeline)
        // Whatever fails from here on, the next pass looks for what was left half-way.
        state.mustRecover(pipeline.name)
        try AtomicFile.makeFolder(hidden)
        // The name is kept beside the bytes, since a name may hold anything and a path may not; and before them, so
        // that it is never lost.
        try AtomicFile.write(name, to: hidden + "/name")
        do {
            try AtomicFile.take(path, to: hidden + "/original")
        } catch let failure as FileFailure where failure.number == EXDEV {
            try TreeCopy.move(path, to: hidden + "/original")
        }
        try finishClaim(id, pipeline)
        state.hasRecovered(pipeline.name)
    }

    /// Makes what was taken the daemon's own and durable, and only then receives it.
    func finishClaim(_ id: DropID, _ pipeline: PipelineSettings) throws {
        let hidden = hiddenFolder(id, pipeline)
        try ClaimedFiles(folder: hidden).secure()
        try AtomicFile.move(hidden, to: context.layout.intake(pipeline.name, drop: id))
        try record(id, pipeline)
        try watch(id, pipeline)
    }

    /// Where a claim is made before it is one.
    func hiddenFolder(_ id: DropID, _ pipeline: PipelineSettings) -> String {
        context.layout.intake(pipeline.name) + "/" + Self.claiming + id.rawValue
    }

    /// Enters a claimed drop into the ledger; gives it back where it turns out to be nothing that is read.
    func record(_ id: DropID, _ pipeline: PipelineSettings) throws {
        let folder = context.layout.intake(pipeline.name, drop: id)
        let name = (FileManager.default.contents(atPath: folder + "/name")).map(Array.init) ?? Array(id.rawValue.utf8)
        let contents: DropContents
        do { contents = try DropContents(RawPath(folder + "/original")) } catch let failure as Failure {
            // What was looked at was exchanged before it was taken: it goes back to where it came from.
            try giveBack(id, folder, name, pipeline)
            throw failure
        }
        let (sha256, bytes) = try contents.digest()
        let origin = try origin(folder)
        var drop = Drop(
            id: id, pipeline: pipeline.name, name: String(validating: name, as: UTF8.self) ?? RawPath.shown(name),
            sha256: sha256, bytes: bytes, reading: try settingsOfReading(pipeline, origin).digest(),
            state: .received, receivedAt: Date(timeIntervalSince1970: contents.changedAt))
        drop.origin = origin
        drop.raters = try raters(folder)
        drop.gateShare = try pipeline.data.gateShare(rows: context.ledger.rowCounts(pipeline.name)[.gate] ?? 0)
        tellOfReceipt(try context.ledger.receive(drop))
    }

    private func giveBack(_ id: DropID, _ folder: String, _ name: [UInt8], _ pipeline: PipelineSettings) throws {
        let door = try openDoor(pipeline)
        defer { withExtendedLifetime(door) {} }
        let place = door.path.appending(name)
        let claimed = ClaimedFiles(folder: folder).given
        do { try AtomicFile.putBack(claimed, to: place) } catch let failure as FileFailure
            where failure.number == EEXIST
        {
            let quarantine = context.layout.quarantine(pipeline.name)
            try AtomicFile.makeFolder(quarantine)
            try AtomicFile.move(claimed, to: quarantine + "/\(id)")
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    func tellOfReceipt(_ drop: Drop) {
        let name = RawPath.shown(drop.name.utf8)
        if drop.state == .duplicate {
            context.meters.count(.drops, "\(drop.pipeline)", "duplicate")
            context.logger.notice(
                "\(name) is \(drop.note ?? "a duplicate"): nothing to add",
                metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.duplicate"])
        } else {
            context.logger.notice(
                "Received \(name) (\(drop.bytes) bytes)",
                metadata: ["pipeline": "\(drop.pipeline)", "drop": "\(drop.id)", "event": "drop.received"])
        }
    }
}
