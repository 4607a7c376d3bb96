import ControlProtocol
import Foundation
import Ledger
import Nouns
import Parquet
import Platform
import RowFormats
import ServiceLifecycle
import Settings
import StageKit

/// Takes files from drop folders; gives drops in state `validated` (or `quarantined`, `duplicate`), each with its
/// report.
///
/// Never modifies a dropped byte, never follows a link, never believes the watch: the watch only says when to scan.
package struct IntakeService: Service {
    let context: StageContext
    let loop: StageLoop
    let hints = FolderHints()
    let state = IntakeState()
    private let probe = FolderProbe()
    private let rights: FolderRights
    let programs: ParquetPrograms

    /// - Parameter programs: finds who reads Parquet files.
    package init(_ context: StageContext, programs: ParquetPrograms = ParquetPrograms()) {
        self.context = context
        rights = FolderRights(context.layout)
        self.programs = programs
        // How often folders are scanned is for the settings to say, at each pass.
        loop = StageLoop("intake", code: "intake.folder", context, bell: context.bells.intake, every: .seconds(86_400))
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            let complete = CompleteFiles()
            group.addTask { [hints, context] in
                for await event in hints.events {
                    switch event {
                    case .movedIn(let folder, let name): complete.add(folder + "/" + name)
                    case .overflow:
                        context.logger.warning(
                            "The kernel dropped notifications of watched folders; every folder is scanned",
                            metadata: ["event": "watch.overflow"])
                    case .closedAfterWriting, .folderLost, .removed: break
                    }
                    context.bells.intake.ring()
                }
            }
            group.addTask {
                await loop.run {
                    let isWaiting = try pass(complete)
                    let settings = context.settings.daemon
                    let soon = min(settings.scanSeconds, max(0.05, settings.quietSeconds / 2))
                    return .within(.seconds(isWaiting ? soon : settings.scanSeconds))
                }
                hints.stop()
            }
        }
    }

    /// One pass over everything; returns whether some file is still waiting to be quiet.
    func pass(_ complete: CompleteFiles) throws(CancellationError) -> Bool {
        var waiting = false
        let arrived = complete.take()
        for pipeline in context.settings.pipelines where pipeline.enabled {
            try guarding("drop:\(pipeline.name):folder", pipeline, event: "watch.failed") {
                if let name = try context.ledger.presentName(of: pipeline.name) { throw Self.renamed(pipeline, name) }
                if state.needsRecovery(pipeline.name) { try recover(pipeline) }
                try takeJobs(pipeline)
                let late = try takeLate(pipeline)
                let unread = try scan(pipeline, arrived)
                let unfinished = try validateAll(pipeline)
                let files = try unread + late.map { try waitingDrop($0) } + unfinished
                context.waiting.set(pipeline.name, files)
                waiting = files.contains { !$0.isLeftAlone } || waiting
            }
        }
        return waiting
    }

    /// Does `body`; what goes wrong is a problem of `owner` and holds up nothing else. Returns nil where it failed.
    @discardableResult
    func guarding<Value>(_ owner: String, _ pipeline: PipelineSettings, event: String, _ body: () throws -> Value)
        throws(CancellationError) -> Value?
    {
        try loop.guarding(owner, about: ["pipeline": "\(pipeline.name)"], event: event, body)
    }

    private static func renamed(_ pipeline: PipelineSettings, _ name: PipelineName) -> Failure {
        Failure(
            code: "pipeline.renamed", "'\(pipeline.name)' is the former name of '\(name)', so nothing is read for it.",
            at: pipeline.file, remedy: "Give this pipeline a name that was never used.")
    }

    /// Opens the drop folder: ours is made where it is not there; one of the person's own that was read before has to
    /// be what it was. Throws a Failure or a ``FileFailure``.
    func openDoor(_ pipeline: PipelineSettings) throws -> DropDoor {
        let folder = context.dropFolder(pipeline)
        // What a person names may also be our own folder.
        guard pipeline.dropFolder != nil, folder != context.layout.drop(pipeline.name) else {
            return try DropDoor(own: folder, context.layout, rights)
        }
        try probe.check(folder)
        let path = context.layout.intake(pipeline.name) + "/.folder"
        let known = FolderMark(at: path)
        try FolderMark.check(folder, known: known)
        try AtomicFile.makeFolder(folder, mode: 0o770)
        let door = try DropDoor(given: folder, context.layout)
        let mark = try FolderMark(of: folder, door.folder)
        try mark.checkOwner(known)
        let present = Set(context.settings.pipelines.filter(\.enabled).map(\.name))
        if let other = state.settle(door.folder.chain(), of: pipeline.name, among: present) {
            throw DropDoor.misplaced(folder, "the drop folder of '\(other)'")
        }
        if mark != known {
            try AtomicFile.makeFolder(context.layout.intake(pipeline.name))
            try mark.write(to: path)
        }
        return door
    }

    /// A drop that is waited for, for people.
    func waitingDrop(_ id: DropID, _ reason: String = "it is written to after it was taken") throws -> WaitingFile {
        WaitingFile(
            name: RawPath.shown(Array((try context.ledger.drop(id)?.name ?? id.rawValue).utf8)), since: Date(),
            reason: reason)
    }

    /// Claims every complete file and folder of the pipeline's folder; returns what is not complete.
    private func scan(_ pipeline: PipelineSettings, _ arrived: Set<String>) throws -> [WaitingFile] {
        let folder = context.dropFolder(pipeline)
        let door = try openDoor(pipeline)
        defer { withExtendedLifetime(door) {} }
        try watch(folder)
        let names = try door.path.names()
        var waiting: [WaitingFile] = []
        var refused: Set<String> = []
        for name in names where name.first != UInt8(ascii: ".") {
            Pulse.beat()
            try Task.checkCancellation()
            guard !IntakeRules.isIgnored(name) else {
                waiting.append(WaitingFile(name: RawPath.shown(name), since: Date(), reason: WaitingFile.leftAlone))
                continue
            }
            let path = door.path.appending(name)
            let owner = "drop:\(pipeline.name):entry:\(RawPath.shown(name))"
            do {
                // A name that is no text cannot be told from others like it, and so must be quiet.
                let isComplete =
                    String(validating: name, as: UTF8.self).map { arrived.contains(folder + "/" + $0) } ?? false
                if let reason = try reasonToWait(path, isComplete: isComplete) {
                    waiting.append(WaitingFile(name: RawPath.shown(name), since: Date(), reason: reason))
                    continue
                }
                try claim(path, name, pipeline)
            } catch let failure as FileFailure where failure.number == ENOENT && (try? path.status()) == nil {
                // Taken away again by whoever put it there.
                continue
            } catch let cancelled as CancellationError {
                throw cancelled
            } catch {
                refused.insert(owner)
                let failure = (error as? FileFailure).flatMap(IntakeRules.refusal) ?? error
                if context.problems.set(owner, StageContext.failure(failure, code: "intake.not_claimed")) {
                    context.logger.warning(
                        "\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "drop.refused"])
                }
            }
        }
        context.problems.clear(prefix: "drop:\(pipeline.name):entry:", except: refused)
        return waiting
    }

    /// Why what lies there may not be taken yet, nil where it may. Throws where it never will be.
    private func reasonToWait(_ path: RawPath, isComplete: Bool) throws -> String? {
        let contents = try DropContents(path)
        // Claimed unread, a file that its owner keeps to himself would be out of his reach as well.
        for file in contents.files {
            let descriptor = try file.open()
            defer { close(descriptor) }
            if RawPath.isBeingWritten(descriptor) { return "a program has it open for writing" }
        }
        return isComplete || isQuiet(contents.changedAt)
            ? nil : "it was written to less than \(context.settings.daemon.quietSeconds) s ago"
    }

    /// Whether nothing was written for long enough. What is said of the future was said by a clock that has been set
    /// back since, so it says nothing.
    func isQuiet(_ changedAt: Double) -> Bool {
        let age = Date().timeIntervalSince1970 - changedAt
        return age >= context.settings.daemon.quietSeconds || age < -1
    }
}

extension WaitingFile {
    /// The reason of what is taken only under another name.
    fileprivate static let leftAlone = """
        its name is that of a file which is not whole, or of an editor's copy (such as .part, .crdownload, ~), and \
        such files are left alone
        """

    fileprivate var isLeftAlone: Bool { reason == Self.leftAlone }
}
