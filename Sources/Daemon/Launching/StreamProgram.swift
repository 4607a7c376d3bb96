import Foundation
import Nouns
import Platform
import Subprocess
import Synchronization

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs a program that turns an open file into a stream of bytes, confined as evaluators are: without anything of the
/// daemon's environment, without core files, and without files of its own.
package struct StreamProgram: Sendable {
    /// How it ended.
    package struct Ending: Hashable, Sendable {
        /// The exit status; nil where a signal ended it.
        package var status: Int32?
        /// The signal that ended it.
        package var signal: Int32?
        /// Whether it was ended since it neither wrote nor left for too long.
        package var wasSilent = false
        /// The end of what it wrote to standard error, at most 2,000 bytes.
        package var errors: String
    }

    /// Most virtual memory that it may have, in bytes.
    private static let memory = 4 << 30

    private let command: [String]
    private let confinement: Confinement?
    private let silence: Double

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - confinement: what it may read and change; nil leaves that to the unit.
    ///   - silence: seconds after which a program that writes nothing is ended.
    package init(_ command: [String], confinement: Confinement? = nil, silence: Double = 300) {
        self.command = command
        self.confinement = confinement
        self.silence = silence
    }

    /// Runs it with the open file as standard input, and waits on the caller's thread until it has ended.
    ///
    /// Throws what `output` throws, which ends the program; a ``FileFailure`` where its log cannot be written; a
    /// Failure (`program.not_started`) where it cannot be started; and a CancellationError where the caller's task is
    /// cancelled, which ends it too.
    ///
    /// - Parameters:
    ///   - input: an open file, which is not closed here.
    ///   - log: where what it writes to standard error lies meanwhile.
    ///   - output: gets what it writes to standard output, in order, one piece at a time, on any thread.
    package func run(
        _ input: Int32, log: String, output: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Ending {
        defer { unlink(log) }
        let end = Mutex<Result<TerminationStatus, any Error>?>(nil)
        let watch = OutputWatch()
        let isOver = DispatchSemaphore(value: 0)
        let task = Task.detached { [self] in
            let result: Result<TerminationStatus, any Error>
            do { result = .success(try await start(input, log, watch, output)) } catch { result = .failure(error) }
            end.withLock { $0 = result }
            isOver.signal()
        }
        while isOver.wait(timeout: .now() + 0.1) == .timedOut {
            Pulse.beat()
            if Task.isCancelled { task.cancel() }
        }
        try Task.checkCancellation()
        guard let result = end.withLock({ $0 }) else { throw CancellationError() }
        let status: TerminationStatus
        do { status = try result.get() } catch let error as SubprocessError {
            throw Failure(
                code: "program.not_started", "\(command[0]) cannot be run: \(error)", at: command[0],
                remedy: "See that it is a program that the daemon may run.")
        }
        let errors = (FileManager.default.contents(atPath: log) ?? Data()).suffix(2000)
        var ending = Ending(wasSilent: watch.isLate, errors: String(decoding: errors, as: UTF8.self))
        switch status {
        case .exited(let code): ending.status = code
        case .signaled(let signal): ending.signal = signal
        }
        return ending
    }

    private func start(
        _ input: Int32, _ log: String, _ watch: OutputWatch,
        _ output: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let errors = try Self.open(log)
        return try await Subprocess.run(
            .path(FilePath("/bin/sh")), arguments: arguments, environment: environment,
            workingDirectory: FilePath("/"), platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: input), closeAfterSpawningProcess: false),
            output: .sequence, error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
        ) { execution in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for try await piece in execution.standardOutput {
                        watch.beat()
                        try piece.withUnsafeBytes { try output($0) }
                    }
                    return true
                }
                group.addTask { [silence] in
                    while watch.quiet < silence { try await Task.sleep(for: .milliseconds(500)) }
                    return false
                }
                defer { group.cancelAll() }
                do {
                    if try await group.next() ?? true { return }
                    watch.setLate()
                } catch {
                    await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                    throw error
                }
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
            }
        }.terminationStatus
    }

    private static func open(_ log: String) throws -> FileDescriptor {
        let descriptor = Foundation.open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw FileFailure("create it", log, errno: errno) }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Its standard error may have a mebibyte; nothing else that it writes to is a file. Memory is bounded of it alone,
    /// and not of the daemon's own program that confines it.
    private var arguments: Arguments {
        let niceness = Niceness.ofPrograms(Niceness.work)
        let bounded = ["/bin/sh", "-c", "ulimit -v \(Self.memory >> 10); exec \"$0\" \"$@\""] + command
        let confined = confinement?.command(bounded, isGuarded: true) ?? bounded
        let limits = "ulimit -c 0; ulimit -f 2048"
        return Arguments(["-c", "\(limits); exec nice -n $((\(niceness) - $(nice))) \"$0\" \"$@\""] + confined)
    }

    private var environment: Environment {
        .custom([
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        ])
    }
}

/// When a program last wrote something, and whether that is too long ago.
private final class OutputWatch: Sendable {
    private struct State {
        var last = SuspendingClock.now
        var isLate = false
    }
    private let state = Mutex(State())

    func beat() { state.withLock { $0.last = .now } }

    func setLate() { state.withLock { $0.isLate = true } }

    var isLate: Bool { state.withLock { $0.isLate } }

    /// Seconds since then; time that the machine slept does not count.
    var quiet: Double { (SuspendingClock.now - state.withLock { $0.last }) / .seconds(1) }
}
