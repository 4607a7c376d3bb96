import Foundation
import Nouns
import Platform
import ServiceLifecycle
import StageKit
import Systemd

/// What the service manager sees: readiness once the socket answers, a status line, keep-alives for as long as every
/// stage's thread shows signs of life and the socket answers.
///
/// It has a thread of its own, and what it asks waits for no stage: a daemon at work, however hard, is never late.
struct Presence: Service {
    let context: StageContext
    let manager: ServiceManager
    let answers: AnswerThreads
    /// Rings when the control socket accepts connections.
    let listening: Bell
    /// Begins when the daemon is told to stop.
    let leaving: Leaving
    private let thread = ThreadExecutor(name: "presence")
    private let changed = Bell()

    init(
        context: StageContext, manager: ServiceManager, answers: AnswerThreads, listening: Bell, leaving: Leaving
    ) {
        self.context = context
        self.manager = manager
        self.answers = answers
        self.listening = listening
        self.leaving = leaving
        context.ledger.changes.tell(changed)
        context.problems.changes.tell(changed)
    }

    func run() async throws { try await withTaskExecutorPreference(thread) { try await show() } }

    private func show() async throws {
        // Ready means that `ftctl` can connect.
        await cancelWhenGracefulShutdown { await listening.wait(atMost: .seconds(86_400)) }
        manager.ready(status: line())
        context.logger.notice(
            "finetuned \(BuildVersion.text) is ready on \(context.layout.root.isEmpty ? "/" : context.layout.root)",
            metadata: ["event": "daemon.started"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await cancelWhenGracefulShutdown {
                    try await Watchdog(manager) {
                        try await check()
                    } failed: { error in
                        context.logger.error(
                            "The daemon's check of itself failed: \(error)", metadata: ["event": "daemon.unhealthy"])
                    }.run()
                }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while !Task.isCancelled {
                        manager.status(line())
                        await Bell().wait(atMost: .seconds(5))
                        await changed.wait(atMost: .seconds(60), leeway: .seconds(10))
                    }
                }
                leaving.begin()
                context.logger.notice("Stopping", metadata: ["event": "daemon.stopping"])
            }
            try await group.waitForAll()
        }
    }

    /// How long a stage's thread may show no sign of life. With the time between two checks it is less than the service
    /// manager's own patience.
    private var bound: Duration { max(.seconds(30), manager.watchdogTimeout.map { $0 * 2 / 3 } ?? .seconds(240)) }

    /// Throws a Failure where the daemon does not do its work, and does not return where what it asks hangs.
    private func check() async throws {
        // What the ledger's disk does is no reason to restart the daemon: the stages wait until it can be used again.
        let fault: Failure?
        do {
            try context.ledger.ping()
            fault = nil
        } catch { fault = StageContext.failure(error, code: "ledger.io") }
        if context.problems.set("ledger", fault), let fault {
            context.logger.error("\(fault)", metadata: ["event": "ledger.failed"])
        }
        try await SocketProbe(path: context.layout.socket).ask()
        let stale = context.pulses.stale(beyond: bound)
        let failures = stale.map { name, quiet in
            Failure(
                code: "stage.blocked",
                "The stage '\(name)' has shown no sign of life for \(quiet.components.seconds) s.", at: name,
                remedy: "The service manager restarts the daemon, and the work goes on; the core dump says more.")
        }
        for failure in failures { context.problems.set("blocked:\(failure.place ?? "")", failure) }
        context.problems.clear(prefix: "blocked:", except: Set(stale.map { "blocked:\($0.name)" }))
        guard let first = failures.first else { return }
        // Waiting for the manager's patience to end as well would only lengthen the outage.
        defer { manager.send(["WATCHDOG=trigger"]) }
        throw first
    }

    /// The one line of `systemctl status`. It is made every few seconds, so it asks for nothing that grows with
    /// pipelines or rows.
    private func line() -> String {
        guard let runs = try? context.ledger.runs(in: [.queued, .training, .evaluating, .trained, .evaluated]) else {
            return "The ledger does not answer"
        }
        func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
        var text = """
            \(counted(context.settings.pipelines.count, "pipeline")), \
            \(counted(runs.count { $0.state == .queued }, "run")) queued
            """
        if let run = runs.first(where: { $0.state != .queued && $0.paused == nil }) { text += ", at work on \(run.id)" }
        let problems = context.problems.count
        if problems > 0 { text += "; \(counted(problems, "problem")) (see ftctl status)" }
        return text
    }
}
