import Foundation
import Nouns
import Places
import Platform
import Subprocess
import Synchronization
import WorkerProtocol

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs workers as child processes of the daemon. Their work ends with the daemon: a stopped one has them write a
/// checkpoint, and a killed one's workers notice that and leave.
package final class LocalLauncher: WorkerLauncher {
    /// What its handles are marked with.
    package static let name = "local"

    /// What a worker can be asked to do.
    private enum Order: Sendable {
        case stop, cancel

        /// How it is asked, and how long it may take before it is killed.
        func step(_ grace: Duration) -> TeardownStep {
            switch self {
            case .stop: .send(signal: Signal(rawValue: WorkerSignal.stop), allowedDurationToNextStep: grace)
            case .cancel: .send(signal: Signal(rawValue: WorkerSignal.cancel), allowedDurationToNextStep: .seconds(1))
            }
        }
    }

    private struct Job {
        /// Nil once somebody follows them.
        var events: AsyncThrowingStream<WorkerEvent, any Error>?
        let orders: AsyncStream<Order>.Continuation
        var isOver = false
    }

    private let program: Launchers.Program
    private let confine: Launchers.Confine
    private let room: WorkerRoom
    /// How long a worker may take to end its step and write its checkpoint before it is killed, unless told otherwise.
    package static let usualGrace = Duration.seconds(60)

    package let grace: Duration
    /// This object's own: a handle of a former daemon is never taken for one of this one.
    private let session = UUID().uuidString
    private let jobs = Mutex<[String: Job]>([:])
    private let count = Atomic<Int>(0)
    private let processes = Atomic<Int>(0)

    /// - Parameters:
    ///   - confine: makes of a command one that is confined; see ``Confinement``.
    ///   - room: what each worker may take of the machine.
    ///   - program: the command of the engine for a piece of work. Throws what is wrong with it.
    package init(
        grace: Duration = LocalLauncher.usualGrace, confine: @escaping Launchers.Confine = { $1 },
        room: WorkerRoom = WorkerRoom(), program: @escaping Launchers.Program
    ) {
        self.program = program
        self.confine = confine
        self.room = room
        self.grace = grace
    }

    /// The launcher that the settings ask for; its option is `grace_seconds`. Throws a Failure (`settings.launcher`).
    convenience init(
        options: [String: String], confine: @escaping Launchers.Confine = { $1 }, room: WorkerRoom = WorkerRoom(),
        program: @escaping Launchers.Program
    ) throws {
        var grace = Self.usualGrace
        for (option, value) in options.sorted(by: { $0.key < $1.key }) {
            guard option == "grace_seconds" else {
                throw Launchers.unknown(option, of: Self.name, knows: ["grace_seconds"])
            }
            guard let seconds = Double(value), (1...3600).contains(seconds) else {
                throw Failure(
                    code: "settings.launcher", "'\(value)' is not what grace_seconds can be.",
                    at: "worker.launcher_options", remedy: "Give a number from 1 to 3600, in quotes.")
            }
            grace = .seconds(seconds)
        }
        self.init(grace: grace, confine: confine, room: room, program: program)
    }

    /// - Parameter program: absolute path of the engine's program for all work.
    package convenience init(program: String, grace: Duration = LocalLauncher.usualGrace) {
        self.init(grace: grace) { _ in [program] }
    }

    /// Worker processes that have not left yet.
    package var processCount: Int { processes.load(ordering: .relaxed) }

    package func submit(_ wanted: WorkerRequest) async throws -> WorkHandle {
        let engine: [String]
        do { engine = try await self.program(wanted) } catch let failure as Failure {
            throw WorkerEnd.failed(failure)
        }
        let command = try confine(wanted, engine)
        try AtomicFile.makeFolder(wanted.directory)
        var request = wanted
        request.compute?.attempt = try Attempt.next(in: wanted.directory)
        request.memoryBytes = MemoryReductions.reduced(wanted)
        let requestPath = WorkFolder(request.directory).request
        try AtomicFile.write(try ContractCoding.pretty(request), to: requestPath)
        let log = try FileDescriptor.open(
            WorkFolder(request.directory).complaints, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead])
        let number = count.add(1, ordering: .relaxed).newValue
        let handle = WorkHandle(launcher: Self.name, id: "\(session)-\(number)", directory: request.directory)
        let (events, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        let (orders, order) = AsyncStream<Order>.makeStream()
        let place = room.place(of: request)
        jobs.withLock { $0[handle.id] = Job(events: events, orders: order) }
        processes.add(1, ordering: .relaxed)
        Task {
            let attempt = request.compute?.attempt
            var end = await work(
                command, requestPath, in: place, log: log, orders: orders, attempt: attempt
            ) { feed.yield($0) }
            end = place.judge(end, of: request)
            await place.group?.close()
            processes.subtract(1, ordering: .relaxed)
            forget(handle.id)
            feed.finish(throwing: end)
        }
        return handle
    }

    package func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        try jobs.withLock { jobs in
            guard handle.launcher == Self.name, let job = jobs[handle.id] else { return nil }
            guard let events = job.events else {
                throw Failure(code: "worker.followed", "Somebody follows this work already.", at: handle.directory)
            }
            jobs[handle.id]?.events = nil
            if job.isOver { jobs[handle.id] = nil }
            return events
        }
    }

    package func stop(_ handle: WorkHandle) async { order(.stop, handle) }
    package func cancel(_ handle: WorkHandle) async { order(.cancel, handle) }
    package func leave(_ handle: WorkHandle) async { order(.stop, handle) }

    private func order(_ order: Order, _ handle: WorkHandle) {
        _ = jobs.withLock { $0[handle.id]?.orders }?.yield(order)
    }

    /// Drops work that is over, once somebody has its events.
    private func forget(_ id: String) {
        jobs.withLock { jobs in
            if jobs[id]?.events == nil { jobs[id] = nil } else { jobs[id]?.isOver = true }
        }
    }

    /// What a worker gets of the daemon's environment: nothing of what the service manager tells the daemon alone.
    private static func environment(_ folder: String) -> Environment {
        let own = ["NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "INVOCATION_ID", "JOURNAL_STREAM", HookPermit.variable]
        var variables: [Environment.Key: String] = [:]
        for (name, value) in ProcessInfo.processInfo.environment
        where !own.contains(name) && !name.hasPrefix("LISTEN_") && !name.hasPrefix("WATCHDOG_") {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        // Nothing outside its folder can be changed by it.
        variables["TMPDIR"] = folder
        return .custom(variables)
    }

    /// One worker from start to end; nil where it gave a result, else how it ended.
    private func work(
        _ command: [String], _ request: String, in place: WorkerRoom.Place, log: FileDescriptor,
        orders: AsyncStream<Order>, attempt: Int?, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerEnd? {
        let folder = (request as NSString).deletingLastPathComponent
        let heard = Heard(attempt, onEvent)
        var options = PlatformOptions()
        // A group of its own: a Ctrl-C meant for the daemon does not reach the worker, which is asked to stop instead.
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
        let status: TerminationStatus
        let group = Atomic<Int32>(0)
        // What an engine started ends with it: ranks of it, or helpers.
        defer {
            let first = group.load(ordering: .relaxed)
            if first > 0 { kill(-first, SIGKILL) }
        }
        do {
            let outcome = try await Subprocess.run(
                .path("/bin/sh"),
                arguments: Arguments(place.command(command + [request])),
                environment: Self.environment(folder), platformOptions: options, input: .none,
                output: .sequence, error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { [grace] execution in
                group.store(execution.processIdentifier.value, ordering: .relaxed)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        // Side by side: whoever was asked to stop may be told to leave at once before it has.
                        await withTaskGroup { asked in
                            for await order in orders {
                                heard.markAsked()
                                let step = order.step(grace)
                                asked.addTask { await execution.teardown(using: [step]) }
                            }
                        }
                    }
                    for try await piece in execution.standardOutput { piece.withUnsafeBytes { heard.feed($0) } }
                    group.cancelAll()
                }
            }
            status = outcome.terminationStatus
        } catch {
            return .died(
                Failure(
                    code: "worker.not_started", "The worker could not be started.", at: command[0],
                    remedy: "Check that the program is installed.", cause: "\(error)"))
        }
        // What the engine itself said last is more than its process's status: starters of many processes leave by
        // statuses of their own.
        if heard.hasResult, heard.status ?? 0 == 0 { return nil }
        if heard.isAsked { return .interrupted }
        if let said = heard.status { return WorkerEnd(exit: said, saying: heard.failure, in: folder) }
        return switch status {
        case .exited(let code): WorkerEnd(exit: code, saying: heard.failure, in: folder)
        case .signaled(let signal): WorkerEnd(signal: signal, in: folder, isCounted: place.isCounted)
        }
    }
}

/// What one worker has said.
private final class Heard: Sendable {
    private struct State {
        var reader = EventReader()
        var hasResult = false
        var failure: Failure?
        var status: Int32?
        var isAsked = false
    }
    private let state = Mutex(State())
    private let attempt: Int?
    private let onEvent: @Sendable (WorkerEvent) -> Void

    /// - Parameter attempt: which attempt is listened to; what tells of another one is passed over.
    init(_ attempt: Int?, _ onEvent: @escaping @Sendable (WorkerEvent) -> Void) {
        self.attempt = attempt
        self.onEvent = onEvent
    }

    func feed(_ bytes: UnsafeRawBufferPointer) {
        let events = state.withLock { state in
            let events = state.reader.feed(bytes).filter {
                attempt == nil || $0.attempt == nil || $0.attempt == attempt
            }
            for event in events {
                if event.result != nil { state.hasResult = true }
                if let failure = event.failure { state.failure = failure }
                if event.event == .ended { state.status = event.status }
            }
            return events
        }
        for event in events { onEvent(event) }
    }

    func markAsked() { state.withLock { $0.isAsked = true } }
    var isAsked: Bool { state.withLock { $0.isAsked } }
    var hasResult: Bool { state.withLock { $0.hasResult } }
    /// The status by which its last event says that it leaves.
    var status: Int32? { state.withLock { $0.status } }
    var failure: Failure? { state.withLock { $0.failure } }
}
