import Contracts
import Foundation
import Ledger
import Platform
import ServiceLifecycle
import Settings
import Stages

/// Takes files from drop folders; gives drops in state `validated` (or `quarantined`, `duplicate`), each with its report.
///
/// Never modifies a dropped byte, never follows a link, never believes the watch: the watch only says when to scan.
package struct IntakeService: Service {
    let context: StageContext
    private let watcher: DirectoryWatcher
    /// Begins the name of a folder that is not a drop yet.
    private static let claiming = ".claim-"

    package init(_ context: StageContext) throws {
        self.context = context
        watcher = try DirectoryWatcher()
    }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            let complete = CompleteFiles()
            group.addTask { [watcher, context] in
                for await event in watcher.events {
                    switch event {
                    case .movedIn(let folder, let name): complete.add(folder + "/" + name)
                    case .closedAfterWriting, .overflow, .folderLost: break
                    }
                    context.bells.intake.ring()
                }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while !Task.isCancelled {
                        let soon = pass(complete)
                        let settings = context.settings.daemon
                        await context.bells.intake.wait(
                            atMost: .seconds(soon ? min(settings.scanSeconds, max(0.05, settings.quietSeconds / 2)) : settings.scanSeconds))
                    }
                }
                watcher.stop()
            }
        }
    }

    /// One pass over everything; returns whether some file is still waiting to be quiet.
    func pass(_ complete: CompleteFiles) -> Bool {
        var waiting = false
        let arrived = complete.take()
        for pipeline in context.settings.pipelines where pipeline.enabled {
            do {
                try recover(pipeline)
                waiting = try scan(pipeline, arrived) || waiting
                try validateAll(pipeline)
                context.problems.set("drop:\(pipeline.name):folder", nil)
            } catch {
                let failure = StageContext.failure(error, code: "intake.folder")
                if context.problems.set("drop:\(pipeline.name):folder", failure) {
                    context.logger.error("\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "watch.failed"])
                }
            }
        }
        return waiting
    }

    /// Drops that were claimed but not yet recorded when the daemon died.
    private func recover(_ pipeline: PipelineSettings) throws {
        let folder = context.layout.state + "/intake/\(pipeline.name)"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
        for name in names.sorted() where name.hasPrefix(Self.claiming) {
            // Killed while it claimed: where the file had been moved already, the claim is carried through.
            if FileManager.default.fileExists(atPath: folder + "/" + name + "/original") {
                try AtomicFile.move(folder + "/" + name, to: folder + "/" + name.dropFirst(Self.claiming.count))
            } else {
                try? FileManager.default.removeItem(atPath: folder + "/" + name)
            }
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasPrefix("d-") {
            if try context.ledger.drop(DropID(name)) == nil { try record(DropID(name), pipeline) }
        }
    }

    /// Claims every complete file of the pipeline's folder.
    private func scan(_ pipeline: PipelineSettings, _ arrived: Set<String>) throws -> Bool {
        let folder = context.dropFolder(pipeline)
        try AtomicFile.makeFolder(folder, mode: 0o770)
        try watcher.watch(folder)
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw FileFailure("read the folder", folder, errno: EACCES)
        }
        var waiting = false
        var refused: Set<String> = []
        for name in names where !IntakeRules.isIgnored(name) {
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            // Claimed unread, a file that its owner keeps to himself would be out of his reach as well.
            let unreadable = access(path, R_OK) != 0 && errno == EACCES
            if let refusal = IntakeRules.refusal(mode: status.st_mode) ?? (unreadable ? IntakeRules.unreadable : nil) {
                let owner = "drop:\(pipeline.name):entry:\(name)"
                refused.insert(owner)
                let failure = Failure(code: "intake.not_a_file", "This is \(refusal.what).", at: path, remedy: refusal.remedy)
                if context.problems.set(owner, failure) {
                    context.logger.warning("\(failure)", metadata: ["pipeline": "\(pipeline.name)", "event": "drop.refused"])
                }
                continue
            }
            guard arrived.contains(path) || isQuiet(status) else {
                waiting = true
                continue
            }
            try claim(path, name, pipeline)
        }
        context.problems.clear(prefix: "drop:\(pipeline.name):entry:", except: refused)
        return waiting
    }

    private func isQuiet(_ status: stat) -> Bool {
        func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 }
        return Date().timeIntervalSince1970 - max(seconds(status.st_mtim), seconds(status.st_ctim)) >= context.settings.daemon.quietSeconds
    }

    /// Moves the file into a folder of its own, from where nothing but this daemon reads it, then records it.
    private func claim(_ path: String, _ name: String, _ pipeline: PipelineSettings) throws {
        let id = IntakeRules.newID(at: Date(), random: UInt32.random(in: 0...UInt32.max))
        let folder = context.layout.intake(pipeline.name.rawValue, drop: id.rawValue)
        let hidden = (folder as NSString).deletingLastPathComponent + "/" + Self.claiming + id.rawValue
        try AtomicFile.makeFolder(hidden)
        // The name is kept beside the bytes, since a name may hold anything and a path may not; and before them, so that it is never lost.
        try AtomicFile.write(Data(name.utf8), to: hidden + "/name")
        do {
            try AtomicFile.move(path, to: hidden + "/original")
        } catch let failure as FileFailure where failure.number == EXDEV {
            try copyAcross(path, to: hidden + "/original")
        }
        try AtomicFile.move(hidden, to: folder)
        try record(id, pipeline)
    }

    /// From another file system: copied whole, made durable, and only then removed there.
    private func copyAcross(_ from: String, to path: String) throws {
        try copy(from, to: path)
        guard unlink(from) == 0 else { throw FileFailure("remove it", from, errno: errno) }
    }

    /// Makes a durable copy of a file.
    private func copy(_ from: String, to path: String) throws {
        let source = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { throw FileFailure("open it", from, errno: errno) }
        defer { close(source) }
        let temporary = try AtomicFile.write(beside: path) { descriptor, name in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = read(source, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", from, errno: errno) }
                if count == 0 { break }
                try buffer.withUnsafeBytes { try AtomicFile.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: descriptor, path: name) }
            }
        }
        try AtomicFile.rename(temporary, to: path)
    }

    /// Enters a claimed drop into the ledger.
    private func record(_ id: DropID, _ pipeline: PipelineSettings) throws {
        let folder = context.layout.intake(pipeline.name.rawValue, drop: id.rawValue)
        let original = folder + "/original"
        let name = FileManager.default.contents(atPath: folder + "/name").map { String(decoding: $0, as: UTF8.self) } ?? id.rawValue
        var status = stat()
        guard lstat(original, &status) == 0 else { throw FileFailure("find it", original, errno: errno) }
        let drop = try context.ledger.receive(
            Drop(
                id: id, pipeline: pipeline.name, name: name, sha256: try Digest.sha256(file: original), bytes: Int(status.st_size),
                state: .received, receivedAt: Date(timeIntervalSince1970: Double(status.st_ctim.tv_sec))))
        let fields: [String: String] = ["pipeline": "\(pipeline.name)", "drop": "\(id)"]
        if drop.state == .duplicate {
            context.logger.notice(
                "\(name) is \(drop.note ?? "a duplicate"): nothing to add",
                metadata: .init(uniqueKeysWithValues: fields.map { ($0, "\($1)") } + [("event", "drop.duplicate")]))
        } else {
            context.logger.notice(
                "Received \(name) (\(drop.bytes) bytes)",
                metadata: .init(uniqueKeysWithValues: fields.map { ($0, "\($1)") } + [("event", "drop.received")]))
        }
    }

    /// Reads every received drop of the pipeline.
    private func validateAll(_ pipeline: PipelineSettings) throws {
        for drop in try context.ledger.drops(in: .received, pipeline: pipeline.name) {
            let folder = context.layout.intake(pipeline.name.rawValue, drop: drop.id.rawValue)
            var report = try FileReading(drop: drop, pipeline: pipeline, folder: folder).read()
            report.quarantined = IntakeRules.quarantine(report, maximumBadShare: pipeline.data.maximumBadShare)
            try AtomicFile.write(try ContractCoding.pretty(report), to: folder + "/report.json")
            var next = drop
            next.rowsAccepted = report.rowsAccepted
            next.rowsRejected = report.rowsRejected
            next.rowsDuplicate = report.rowsDuplicate
            if let failure = report.quarantined {
                next.state = .quarantined
                next.note = failure.message
                try quarantine(drop, folder)
                try context.ledger.update(next)
                context.logger.error(
                    "Quarantined \(drop.name): \(failure)",
                    metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.quarantined"])
            } else {
                next.state = .validated
                try context.ledger.update(next)
                context.bells.datasets.ring()
                if report.rowsRejected > 0 {
                    context.logger.warning(
                        "\(report.rowsRejected) of \(report.rowsRead) rows of \(drop.name) are bad; the others go on. See \(folder)/report.json",
                        metadata: ["pipeline": "\(pipeline.name)", "drop": "\(drop.id)", "event": "drop.rows-rejected"])
                }
            }
        }
    }

    /// Puts the original bytes and the report where people look for refused files.
    private func quarantine(_ drop: Drop, _ folder: String) throws {
        let day = drop.id.rawValue.split(separator: "-").dropFirst().first.map(String.init) ?? "undated"
        let safe = drop.name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "_" }
        let place = context.layout.quarantine(drop.pipeline.rawValue) + "/\(day)-\(String(safe).prefix(100))-\(drop.id.rawValue.suffix(8))"
        try AtomicFile.makeFolder(place)
        for name in ["original", "report.json"] where !FileManager.default.fileExists(atPath: place + "/" + name) {
            // A hard link: the same bytes, no second copy. The kernel refuses one of a file that is somebody else's and
            // read-only for the daemon (fs.protected_hardlinks); then it is a copy.
            guard link(folder + "/" + name, place + "/" + name) != 0, errno != EEXIST else { continue }
            guard errno == EPERM else { throw FileFailure("put it into quarantine", folder + "/" + name, errno: errno) }
            try copy(folder + "/" + name, to: place + "/" + name)
        }
        try AtomicFile.sync(folder: place)
    }
}
