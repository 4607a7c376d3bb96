import Foundation
import Launching
import Logging
import Monitoring
import Nouns
import Places
import Platform
import ServiceLifecycle
import Settings
import StageKit
import WorkerProtocol

/// The worker's life.
extension ServingService {
    /// Starts the worker; whoever waits is told where it cannot be had.
    func start() {
        Task {
            do {
                try await launch()
            } catch {
                if let handle = state.withLock({ $0.handle }) { await launcher.cancel(handle) }
                gone(error)
            }
        }
    }

    /// A worker that nobody can talk to is of no use.
    private func lostTouch() {
        guard let handle = state.withLock({ $0.handle }) else { return }
        Task { await launcher.cancel(handle) }
    }

    private func launch() async throws {
        let daemon = context.settings.daemon
        let serving = daemon.serving
        let folder = context.layout.serving
        // What a former one said is no longer of interest.
        try? FileManager.default.removeItem(atPath: folder)
        let request = WorkerRequest(
            id: "serving", directory: folder,
            task: .serve(ServeTask(context: serving.context)),
            threads: serving.threads ?? daemon.workerThreads, memoryBytes: serving.memoryBytes)
        let handle = try await launcher.submit(request)
        state.withLock { $0.handle = handle }
        guard let events = try await launcher.attach(handle) else {
            throw Failure(
                code: "serving.gone", "The serving worker is gone.", at: folder, remedy: "See stderr.log there.")
        }
        context.logger.info("The serving worker starts", metadata: ["event": "serving.started"])
        for try await event in events where event.stage == "serving" { try connect(WorkFolder(folder).socket) }
        gone(nil)
    }

    private func connect(_ path: String) throws {
        let link = try ServingLink(path: path)
        link.start(onEvent: { [weak self] in self?.heard($0) }) { [weak self] in self?.lostTouch() }
        state.withLock { state in
            state.worker = .ready(link)
            state.retry = nil
            state.lastUse = .now
        }
        context.bells.serving.ring()
        pump()
    }

    /// The worker is gone: whoever was at work is told, and it is started again where somebody waits.
    private func gone(_ error: (any Error)?) {
        let failure = error.map { ($0 as? WorkerEnd)?.failure ?? StageContext.failure($0, code: "serving.worker") }
        let asked = (error as? WorkerEnd) == .interrupted || error == nil
        let (lost, refused, pause) = state.withLock { state -> ([Entry], [Entry], Int) in
            var wasReady = false
            if case .ready(let link) = state.worker {
                wasReady = true
                link.end()
            }
            state.worker = .absent
            state.handle = nil
            let lost = state.atWork.compactMap { state.entries.removeValue(forKey: $0) }
            state.atWork = []
            guard !asked else {
                state.deaths = 0
                return (lost, [], 0)
            }
            // A worker that answered for a while and then died is another matter than one that never comes up.
            state.deaths += 1
            var pause = ServingRules.pause(afterDeaths: state.deaths)
            if !wasReady { pause = max(1, pause) }
            guard pause > 0, let failure else { return (lost, [], 0) }
            state.retry = (.now + .seconds(pause), failure)
            _ = state.queue.remove { _ in true }
            let refused = Array(state.entries.values)
            state.entries = [:]
            return (lost, refused, pause)
        }
        for entry in lost { entry.feed.finish(throwing: ServingRules.died(failure)) }
        if let failure {
            for entry in refused { entry.feed.finish(throwing: ServingRules.unavailable(failure, seconds: pause)) }
            context.problems.set("serving", failure)
            context.logger.warning("The serving worker died: \(failure)", metadata: ["event": "serving.died"])
        }
        context.bells.serving.ring()
        pump()
    }

    // MARK: Beside the answers

    /// Looks after the worker until the daemon stops; then it leaves.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var isReady = false
                do { isReady = try self.look() } catch {
                    self.context.problems.set("serving", StageContext.failure(error, code: "serving"))
                }
                let pause = isReady ? Duration.seconds(1) : self.pauseWithoutWorker
                await self.context.bells.serving.wait(atMost: pause, leeway: pause / 6)
            }
        }
        await leave()
    }

    /// A daemon that nobody asks need not wake up each second: the bell tells of a worker that came, of one that died
    /// and of changed settings.
    private var pauseWithoutWorker: Duration {
        let longest = Duration.seconds(60)
        let left = state.withLock { $0.retry }.map { ContinuousClock.now.duration(to: $0.at) } ?? .zero
        return left > .zero ? min(longest, left) : longest
    }

    /// Where there is no worker: starts the one that is to be kept, and forgets what kept the former one from working
    /// once it may be tried again.
    private func lookWithoutWorker() {
        let (isDue, mustStart) = state.withLock { state -> (Bool, Bool) in
            guard case .absent = state.worker, !state.isLeaving, state.retry?.at ?? .now <= .now else {
                return (false, false)
            }
            if settings.preload { state.worker = .starting }
            return (true, settings.preload)
        }
        if mustStart {
            start()
        } else if isDue {
            context.problems.set("serving", nil)
        }
    }

    /// Loads what came to be served before anybody asks it, lets go of what was served, and stops a worker that nobody
    /// asks. Returns whether there is a worker.
    private func look() throws -> Bool {
        let (link, isIdle, handle) = state.withLock { state -> (ServingLink?, Bool, WorkHandle?) in
            guard case .ready(let link) = state.worker else { return (nil, false, nil) }
            // One that has answered for a minute has proved itself.
            if state.deaths > 0, state.lastUse.duration(to: .now) > .seconds(60) { state.deaths = 0 }
            let idle =
                state.entries.isEmpty
                && state.lastUse.duration(to: .now) > .seconds(settings.idleSeconds) && !settings.preload
            return (link, idle, state.handle)
        }
        guard let link else {
            lookWithoutWorker()
            return false
        }
        if isIdle, let handle {
            context.logger.info("Nobody asks: the serving worker leaves", metadata: ["event": "serving.stopped"])
            Task { await launcher.stop(handle) }
            return true
        }
        try follow(link)
        context.problems.set("serving", nil)
        return true
    }

    private func follow(_ link: ServingLink) throws {
        var now: [PipelineName: ServingTarget] = [:]
        for pipeline in context.settings.pipelines.map(\.name) {
            // A pipeline that cannot be asked is told of by whoever asks it.
            guard let target = try? names.served(pipeline), (try? names.requireRunnable(target.model.base)) != nil
            else { continue }
            now[pipeline] = target
        }
        let (before, id) = state.withLock { state in
            defer { state.served = now }
            state.lastID += 2
            return (state.served, state.lastID)
        }
        var lines: [Data] = []
        for (pipeline, target) in now where before[pipeline]?.model != target.model {
            let isKnown = before[pipeline] != nil
            if isKnown { context.meters.count(.swaps, "\(pipeline)") }
            if isKnown || settings.preload {
                lines.append(
                    try ServingLink.line(ServingOrder(.load, id: "load-\(id)-\(pipeline)", model: target.model)))
            }
            if let old = before[pipeline]?.model, !now.values.contains(where: { $0.model == old }) {
                lines.append(
                    try ServingLink.line(ServingOrder(.unload, id: "unload-\(id)-\(pipeline)", model: old)))
            }
        }
        link.send(lines)
    }

    private func leave() async {
        let (handle, waiting) = state.withLock { state -> (WorkHandle?, [Entry]) in
            state.isLeaving = true
            _ = state.queue.remove { _ in true }
            let waiting = Array(state.entries.values)
            state.entries = [:]
            return (state.handle, waiting)
        }
        for entry in waiting {
            entry.feed.finish(
                throwing: Failure(
                    code: "serving.stopping", "The daemon is stopping.", remedy: "Ask again when it runs."))
        }
        guard let handle else { return }
        await launcher.leave(handle)
        for _ in 0..<100 {
            let isGone = state.withLock { if case .absent = $0.worker { true } else { false } }
            if isGone { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
