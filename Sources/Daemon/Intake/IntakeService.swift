import Foundation
import Ledger
import Nouns
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

    package init(_ context: StageContext) {
        self.context = context
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
                if state.needsRecovery(pipeline.name) { try recover(pipeline) }
                waiting = try scan(pipeline, arrived) || waiting
                waiting = try validateAll(pipeline) || waiting
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

    /// Claims every complete file and folder of the pipeline's folder.
    private func scan(_ pipeline: PipelineSettings, _ arrived: Set<String>) throws -> Bool {
        let folder = context.dropFolder(pipeline)
        try AtomicFile.makeFolder(folder, mode: 0o770)
        try watch(folder)
        let names = try RawPath(folder).names()
        var waiting = false
        var refused: Set<String> = []
        for name in names where !IntakeRules.isIgnored(name) {
            Pulse.beat()
            try Task.checkCancellation()
            let path = RawPath(folder).appending(name)
            let owner = "drop:\(pipeline.name):entry:\(RawPath.shown(name))"
            do {
                // A name that is no text cannot be told from others like it, and so must be quiet.
                let isComplete =
                    String(validating: name, as: UTF8.self).map { arrived.contains(folder + "/" + $0) } ?? false
                guard try isReady(path, isComplete: isComplete) else {
                    waiting = true
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

    /// Whether what lies there is whole and may be taken. Throws where it never will be.
    private func isReady(_ path: RawPath, isComplete: Bool) throws -> Bool {
        let contents = try DropContents(path)
        // Claimed unread, a file that its owner keeps to himself would be out of his reach as well.
        for file in contents.files {
            let descriptor = try file.open()
            defer { close(descriptor) }
            if RawPath.isBeingWritten(descriptor) { return false }
        }
        return isComplete || isQuiet(contents.changedAt)
    }

    private func isQuiet(_ changedAt: Double) -> Bool {
        Date().timeIntervalSince1970 - changedAt >= context.settings.daemon.quietSeconds
    }
}
