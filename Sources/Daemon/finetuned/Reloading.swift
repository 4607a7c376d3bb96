import Foundation
import Logging
import Nouns
import Platform
import Reports
import ServiceLifecycle
import Settings
import StageKit
import Systemd
import UnixSignals

/// Reads the settings again on SIGHUP, and when a pipeline's file changes on disk.
///
/// It has its own thread, so no stage delays a reload.
struct Reloading: Service {
    let context: StageContext
    let manager: ServiceManager
    private let thread = ThreadExecutor(name: "settings")

    init(context: StageContext, manager: ServiceManager) {
        self.context = context
        self.manager = manager
    }

    func run() async throws {
        let pulse = Pulse("settings", of: thread)
        context.pulses.add(pulse)
        defer { context.pulses.remove(pulse) }
        await withTaskExecutorPreference(thread) { await watch() }
    }

    private func watch() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await cancelWhenGracefulShutdown {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { reload("SIGHUP") }
                }
            }
            // People forget the signal; a changed file takes effect within seconds all the same. The watch is a hint:
            // files are looked at every half minute whatever it says, and every two seconds where there is none.
            let changed = Bell()
            let watcher = try? DirectoryWatcher()
            if let watcher {
                group.addTask { for await _ in watcher.events { changed.ring() } }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    var stamp = self.stamp()
                    while !Task.isCancelled {
                        let interval = Duration.seconds(watch(watcher) ? 30 : 2)
                        await changed.wait(atMost: interval, leeway: interval / 6)
                        // An editor may write several files, or one in several steps.
                        await Bell().wait(atMost: .milliseconds(200))
                        let now = self.stamp()
                        if now != stamp { reload("changed files") }
                        stamp = now
                    }
                }
                watcher?.stop()
            }
        }
    }

    /// Watches every folder that settings are read from, also those that came since; returns whether all of them are
    /// watched.
    private func watch(_ watcher: DirectoryWatcher?) -> Bool {
        guard let watcher else { return false }
        let golden = context.settings.pipelines.map { context.layout.golden($0.name) }.filter {
            FileManager.default.fileExists(atPath: $0)
        }
        // A pipeline's own folder is looked at as well, so that a golden folder that is made later is seen.
        let own = context.settings.pipelines.map {
            context.layout.pipelineFolder($0.name)
        }
        .filter { FileManager.default.fileExists(atPath: $0) }
        let folders =
            [(context.layout.daemonSettings as NSString).deletingLastPathComponent, context.layout.pipelineSettings]
            + [context.layout.engineSettings].filter { FileManager.default.fileExists(atPath: $0) }
            + own + golden
        return folders.allSatisfy { (try? watcher.watch($0, removals: true)) != nil }
    }

    func reload(_ reason: String) {
        manager.reloading()
        context.logger.info("Settings are read again (\(reason))", metadata: ["event": "daemon.reloading"])
        defer { manager.ready() }
        let (before, folder) = context.settings.change { SettingsFolder.read(context.layout, after: $0) }
        Logs.threshold.level = Logger.Level(rawValue: folder.daemon.logLevel) ?? .info
        context.logger.notice(
            """
            Settings read again (\(reason)): \(Quantity.counted(folder.pipelines.count, "pipeline"))\
            \(folder.kept.isEmpty ? "" : ", of which \(folder.kept.count) keep their former settings")\
            \(folder.keptDaemon ? "; finetuned.toml is as it was" : "")
            """,
            metadata: ["event": "daemon.reloaded"])
        announce(folder, before: before.pipelines)
        context.bells.ringAll()
    }

    /// Says what is wrong with the settings, once for each fault, and keeps the texts of what is sound.
    func announce(_ folder: SettingsFolder, before: [PipelineSettings] = []) {
        tell(of: folder.pipelines, before: before)
        keepCopies(folder)
        var owners: Set<String> = []
        for (index, failure) in folder.problems.enumerated() {
            let owner = "settings:\(index):\(failure.place ?? "")"
            owners.insert(owner)
            if context.problems.set(owner, failure) {
                context.logger.error("\(failure)", metadata: ["event": "settings.invalid"])
            }
        }
        let origin = folder.isFromCopies ? ", from the copy in \(context.layout.settingsCopies)" : ""
        let withoutWebhook = folder.isFromCopies ? ", without its webhook" : ""
        for name in folder.kept {
            let owner = "settings:kept:\(name)"
            owners.insert(owner)
            let path = folder.pipelines.first { $0.name == name }?.file
            let failure = Failure(
                code: "settings.kept",
                """
                The file of the pipeline '\(name)' has a fault, so its former settings stay in force\
                \(origin)\(withoutWebhook).
                """,
                at: path, remedy: "Mend the file, or remove it to end the pipeline's work.")
            tell(failure, owner, ["pipeline": "\(name)"])
        }
        if folder.keptDaemon {
            let failure = Failure(
                code: "settings.kept", "finetuned.toml has a fault, so its former values stay in force\(origin).",
                at: context.layout.daemonSettings, remedy: "Mend the file, or remove it for the defaults.")
            owners.insert("settings:kept")
            tell(failure, "settings:kept", [:])
        }
        context.problems.clear(prefix: "settings:", except: owners)
        let names = Set(folder.pipelines.map { "pipeline:\($0.name)" })
        context.problems.clear(prefix: "pipeline:", except: names)
    }

    private func tell(_ failure: Failure, _ owner: String, _ about: Logger.Metadata) {
        guard context.problems.set(owner, failure) else { return }
        context.logger.warning("\(failure)", metadata: about.merging(["event": "settings.invalid"]) { $1 })
    }

    /// Keeps the texts of what is sound, for a restart that finds it damaged.
    private func keepCopies(_ folder: SettingsFolder) {
        let owner = "copies"
        do {
            try SettingsCopies(context.layout).keep(folder)
            context.problems.set(owner, nil)
        } catch {
            let failure = StageContext.failure(error, code: "settings.copies")
            guard context.problems.set(owner, failure) else { return }
            context.logger.error("\(failure)", metadata: ["event": "stage.failed", "stage": "settings"])
        }
    }

    /// Says which pipelines are at work from now on, and which no more.
    private func tell(of pipelines: [PipelineSettings], before: [PipelineSettings]) {
        for pipeline in pipelines
        where pipeline.enabled && !before.contains(where: { $0.name == pipeline.name && $0.enabled }) {
            context.logger.notice(
                """
                The pipeline \(pipeline.name) \(begins(pipeline)) what is dropped into \(context.dropFolder(pipeline))
                """,
                metadata: ["pipeline": "\(pipeline.name)", "event": "pipeline.ready"])
        }
        for pipeline in before
        where pipeline.enabled && !pipelines.contains(where: { $0.name == pipeline.name && $0.enabled }) {
            let isThere = pipelines.contains { $0.name == pipeline.name }
            context.logger.notice(
                """
                The pipeline \(pipeline.name) is at work no more: its file \
                \(isThere ? "says enabled = false" : "is gone")
                """,
                metadata: ["pipeline": "\(pipeline.name)", "event": "pipeline.stopped"])
        }
    }

    /// What a pipeline does from now on; without its base it trains nothing yet.
    private func begins(_ pipeline: PipelineSettings) -> String {
        if pipeline.base == .automatic { return "is ready: the registered bases compete on" }
        guard (try? context.requireBase(pipeline.base)) != nil else {
            return "is watched, and its base '\(pipeline.base)' is not registered, so that nothing is trained yet on"
        }
        return "is ready: it trains \(pipeline.base) on"
    }

    /// Names, sizes and times of the settings files.
    private func stamp() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: context.layout.pipelineSettings)) ?? []
        let golden = names.filter { $0.hasSuffix(".toml") }.flatMap { name in
            let folder = context.layout.golden(PipelineName(String(name.dropLast(5))))
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map {
                folder + "/" + $0
            }
        }
        let engines = ((try? FileManager.default.contentsOfDirectory(atPath: context.layout.engineSettings)) ?? [])
            .sorted().map { context.layout.engineSettings + "/" + $0 }
        return
            ([context.layout.daemonSettings] + names.sorted().map { context.layout.pipelineSettings + "/" + $0 }
            + golden + engines).map { path in
                var status = stat()
                guard stat(path, &status) == 0 else { return path }
                return "\(path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_ino)"
            }
    }
}
