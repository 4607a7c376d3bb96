import ControlAPI
import Foundation
import Ledger
import Logging
import Nouns
import Places
import Platform
import ServiceLifecycle
import StageKit
import Synchronization
import Systemd

/// Prepares what the daemon stands on; where the machine does not let it (a full disk, say), answers the socket
/// meanwhile and tries again until it can.
struct Waiting {
    let ground: Ground
    let layout: Layout
    let manager: ServiceManager
    /// A control socket that systemd listens on; it stays the caller's.
    let adopted: Int32?
    let orders: StopOrders
    let logger: Logger

    /// How long it waits between two tries.
    private static let pause = Duration.seconds(5)

    /// The ledger, or nil where the daemon was told to stop before it could be had.
    ///
    /// Throws what does not pass by itself.
    func ledger() async throws -> Ledger? {
        do { return try ground.prepare() } catch {
            guard let failure = Self.passing(error) else { throw error }
            return try await wait(failure)
        }
    }

    /// A fault that is waited for; nil for every other.
    private static func passing(_ error: any Error) -> Failure? {
        let failure = StageContext.failure(error, code: "daemon.state")
        return failure.isPassing ? failure : nil
    }

    private func wait(_ first: Failure) async throws -> Ledger? {
        logger.error("\(first)", metadata: ["event": "daemon.waiting"])
        let problem = Problem(first)
        manager.ready(status: "Waiting: \(first.message)")
        let tries = Tries(waiting: self, problem: problem)
        let server = WaitingServer(
            root: layout.root.isEmpty ? "/" : layout.root,
            socket: ControlSocket(
                path: layout.socket, adopted: adopted.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }, access: ground.access,
                logger: logger), threads: AnswerThreads(),
            startedAt: Date(),
            problem: { problem.now }, logger: logger)
        var quiet = Logger(label: "lifecycle")
        quiet.logLevel = .critical
        // A socket that cannot be made either leaves nobody to answer, and the waiting goes on.
        try await ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: server, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore),
                    .init(service: tries, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: orders, successTerminationBehavior: .gracefullyShutdownGroup),
                ], logger: quiet)
        ).run()
        guard let ledger = try problem.outcome?.get() else { return nil }
        logger.notice("What was waited for has passed, so the daemon begins", metadata: ["event": "disk.recovered"])
        return ledger
    }

    /// What is waited for, and what came of it.
    private final class Problem: Sendable {
        private let state: Mutex<(Failure, Result<Ledger, any Error>?)>
        init(_ first: Failure) { state = Mutex((first, nil)) }
        var now: Failure {
            get { state.withLock { $0.0 } }
            set { state.withLock { $0.0 = newValue } }
        }
        var outcome: Result<Ledger, any Error>? {
            get { state.withLock { $0.1 } }
            set { state.withLock { $0.1 = newValue } }
        }
    }

    /// Tries until it succeeds, or fails for good.
    private struct Tries: Service {
        let waiting: Waiting
        let problem: Problem

        func run() async throws {
            let manager = waiting.manager
            let pause = min(Waiting.pause, manager.watchdogTimeout.map { $0 / 3 } ?? Waiting.pause)
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled, problem.outcome == nil {
                    manager.keepAlive()
                    try? await Task.sleep(for: pause)
                    do { problem.outcome = .success(try waiting.ground.prepare()) } catch {
                        guard let failure = Waiting.passing(error) else {
                            problem.outcome = .failure(error)
                            return
                        }
                        problem.now = failure
                        manager.status("Waiting: \(failure.message)")
                    }
                }
            }
        }
    }
}
