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

/// Runs workers as child processes of the daemon.
package struct LocalLauncher: WorkerLauncher {
    private let program: String
    /// How long a worker may take to write its checkpoint after SIGTERM.
    private let grace: Duration

    /// - Parameter program: absolute path of `finetune-worker`.
    package init(program: String, grace: Duration = .seconds(60)) {
        self.program = program
        self.grace = grace
    }

    package func run(_ request: WorkerRequest, silence: Duration, onEvent: @escaping @Sendable (WorkerEvent) -> Void)
        async throws
        -> WorkerResult
    {
        try AtomicFile.makeFolder(request.directory)
        let requestPath = WorkFolder(request.directory).request
        try AtomicFile.write(try ContractCoding.pretty(request), to: requestPath)
        let log = try FileDescriptor.open(
            WorkFolder(request.directory).complaints, .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead])
        let watch = EventWatch(onEvent)
        var options = PlatformOptions()
        // A group of its own: a Ctrl-C meant for the daemon does not reach the worker, which is asked to stop instead.
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
        let status: TerminationStatus
        do {
            // Events go to descriptor 3; what a library prints to standard output joins standard error.
            let outcome = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", "exec \"$0\" \"$1\" 3>&1 1>&2", program, requestPath],
                platformOptions: options, input: .none,
                output: .sequence, error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { execution in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        for try await piece in execution.standardOutput { piece.withUnsafeBytes { watch.feed($0) } }
                        return true
                    }
                    group.addTask {
                        while watch.quiet() < silence { try await Task.sleep(for: .milliseconds(200)) }
                        return false
                    }
                    let ended = try await group.next() ?? true
                    group.cancelAll()
                    if !ended {
                        watch.markHung()
                        await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                    }
                }
            }
            status = outcome.terminationStatus
        } catch is CancellationError {
            throw WorkerEnd.interrupted
        } catch let error as SubprocessError {
            throw WorkerEnd.died(
                Failure(
                    code: "worker.not_started", "The worker could not be started.", at: program,
                    remedy: "Check that the program is installed.",
                    cause: "\(error)"))
        }
        return try result(status, watch, request)
    }

    /// What a worker's end means.
    private func result(_ status: TerminationStatus, _ watch: EventWatch, _ request: WorkerRequest) throws
        -> WorkerResult
    {
        let said = watch.ending()
        if let result = said.result { return result }
        if Task.isCancelled { throw WorkerEnd.interrupted }
        let tail = String(
            decoding: (FileManager.default.contents(atPath: WorkFolder(request.directory).complaints) ?? Data()).suffix(
                2000),
            as: UTF8.self)
        if said.hung {
            throw WorkerEnd.died(
                Failure(
                    code: "worker.hung", "The worker said nothing for too long and was stopped.", at: request.directory,
                    remedy: "See worker.silence_seconds.", cause: tail))
        }
        switch status {
        case .exited(WorkerExit.interrupted.rawValue): throw WorkerEnd.interrupted
        case .exited(let code):
            let failure =
                said.failure
                ?? Failure(
                    code: "worker.exit", "The worker left with status \(code).", at: request.directory,
                    remedy: "See stderr.log there.", cause: tail)
            // What the request, the rows or the model are at fault for will be so again.
            let again: Set<Int32> = [WorkerExit.internalFault.rawValue, 71, 126, 127]
            throw again.contains(code) ? WorkerEnd.died(failure) : WorkerEnd.failed(failure)
        case .signaled(let signal):
            throw WorkerEnd.died(
                Failure(
                    code: "worker.killed",
                    """
                    The worker was killed by signal \
                    \(signal)\(signal == SIGKILL ? " (the kernel does that when memory runs out)" : "").
                    """,
                    at: request.directory,
                    remedy: signal == SIGKILL
                        ? "Lower worker.memory, or give the service more memory." : "See stderr.log there.",
                    cause: tail.isEmpty ? nil : tail))
        }
    }
}

/// Turns a worker's bytes into events, and knows when the last one came.
private final class EventWatch: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var last = ContinuousClock.now
        var result: WorkerResult?
        var failure: Failure?
        var hung = false
    }
    private let state = Mutex(State())
    private let onEvent: @Sendable (WorkerEvent) -> Void
    /// A line longer than this is no event.
    private static let longest = 64 << 20

    init(_ onEvent: @escaping @Sendable (WorkerEvent) -> Void) { self.onEvent = onEvent }

    func feed(_ bytes: UnsafeRawBufferPointer) {
        let events = state.withLock { state in
            state.last = .now
            var events: [WorkerEvent] = []
            var rest = bytes[...]
            while let end = rest.firstIndex(of: 10) {
                state.pending.append(contentsOf: rest[..<end])
                if let event = try? ContractCoding.decode(WorkerEvent.self, from: Data(state.pending)) {
                    if let result = event.result { state.result = result }
                    if let failure = event.failure { state.failure = failure }
                    events.append(event)
                }
                state.pending.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            if state.pending.count + rest.count < Self.longest { state.pending.append(contentsOf: rest) }
            return events
        }
        for event in events { onEvent(event) }
    }

    func quiet() -> Duration { state.withLock { ContinuousClock.now - $0.last } }
    func markHung() { state.withLock { $0.hung = true } }
    func ending() -> (result: WorkerResult?, failure: Failure?, hung: Bool) {
        state.withLock { ($0.result, $0.failure, $0.hung) }
    }
}
