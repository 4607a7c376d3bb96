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

/// Runs a program of the person's own, such as a hook or a canary: the event on standard input, a time limit, its
/// output kept.
package enum HookProgram {
    /// How it ended.
    package struct Ending: Hashable, Sendable {
        /// The exit status; nil where a signal or the time limit ended it.
        package var status: Int32?
        /// The end of what it printed, at most 2,000 bytes; or why it did not run.
        package var output: String
        package var timedOut: Bool
        /// What it printed to standard output, as far as it was kept.
        package var printed = Data()
        package var succeeded: Bool { status == 0 && !timedOut }
    }

    /// Runs `command` in `folder`, which holds its input and output files, for at most `seconds`; then SIGTERM, and
    /// SIGKILL two seconds later.
    ///
    /// Throws a FileFailure where those files cannot be written, and CancellationError where the daemon stops
    /// meanwhile.
    ///
    /// - Parameters:
    ///   - keeping: bytes of standard output that are kept; what goes beyond is read and dropped.
    ///   - confined: start it as workers are started, with nothing of the daemon's environment, no core file, and files
    ///     of at most a gibibyte.
    ///   - mayAsk: whether it may ask the daemon; see ``HookPermit``.
    ///   - keepsLog: whether what it printed stays in the folder, in a file for people.
    package static func run(
        _ command: [String], event: Data, folder: String, name: String, seconds: Double, keeping: Int = 4000,
        confined: Bool = false, mayAsk: Bool = false, keepsLog: Bool = true
    ) async throws -> Ending {
        guard !command.isEmpty else {
            return Ending(status: nil, output: "no program is named", timedOut: false)
        }
        try AtomicFile.makeFolder(folder)
        let input = folder + "/\(name).json"
        try AtomicFile.write(event + Data([10]), to: input)
        defer { unlink(input) }
        let log = folder + "/\(name).log"
        defer { if !keepsLog { unlink(log) } }
        let start = Start(
            command: command, input: input, log: log, keeping: keeping, isConfined: confined, mayAsk: mayAsk)
        let printed = Printed()
        let timedOut = Atomic<Bool>(false)
        let status: TerminationStatus
        do {
            status = try await start.run(printed, seconds: seconds) { timedOut.store(true, ordering: .relaxed) }
        } catch let error as SubprocessError {
            return Ending(status: nil, output: "\(command[0]) cannot be run: \(error)", timedOut: false)
        }
        try Task.checkCancellation()
        let text = String(decoding: (FileManager.default.contents(atPath: log) ?? Data()).suffix(2000), as: UTF8.self)
        let late = timedOut.load(ordering: .relaxed)
        let said = late ? "stopped after \(seconds) s; \(text)" : text
        var ending =
            switch status {
            case .exited(let code): Ending(status: code, output: said, timedOut: late)
            case .signaled(let signal):
                Ending(status: nil, output: late ? said : "ended by signal \(signal); \(text)", timedOut: late)
            }
        ending.printed = printed.data
        return ending
    }

    /// How one program is started.
    private struct Start {
        let command: [String]
        let input: String
        let log: String
        let keeping: Int
        let isConfined: Bool
        let mayAsk: Bool

        private var arguments: Arguments {
            let niceness = Niceness.ofPrograms(Niceness.work)
            let limits = "ulimit -c 0; ulimit -f 2097152"
            let shell = ["-c", "\(limits); exec nice -n $((\(niceness) - $(nice))) \"$0\" \"$@\""] + command
            return Arguments(isConfined ? shell : Array(command.dropFirst()))
        }

        private var environment: Environment {
            if isConfined { return .custom(["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]) }
            guard mayAsk, let variable = Environment.Key(rawValue: HookPermit.variable) else { return .inherit }
            return .inherit.updating([variable: HookPermit.own.word])
        }

        /// Runs it for at most `seconds`. Throws SubprocessError where it cannot be run.
        func run(_ printed: Printed, seconds: Double, onTimeout: @escaping @Sendable () -> Void) async throws
            -> TerminationStatus
        {
            var options = PlatformOptions()
            options.processGroupID = 0
            options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
            let stdin = try FileDescriptor.open(input, .readOnly, options: [.closeOnExec])
            let errors: FileDescriptor
            do {
                errors = try FileDescriptor.open(
                    log, .writeOnly, options: [.create, .truncate, .closeOnExec],
                    permissions: [.ownerReadWrite, .groupRead])
            } catch {
                try? stdin.close()
                throw error
            }
            return try await Subprocess.run(
                .path(FilePath(isConfined ? "/bin/sh" : command[0])), arguments: arguments, environment: environment,
                workingDirectory: FilePath("/"), platformOptions: options,
                input: .fileDescriptor(stdin, closeAfterSpawningProcess: true), output: .sequence,
                error: .fileDescriptor(errors, closeAfterSpawningProcess: true)
            ) { execution in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        for try await piece in execution.standardOutput {
                            piece.withUnsafeBytes { printed.append($0, atMost: keeping) }
                        }
                        // The log is for people: that it cannot be written is no fault of the program.
                        try? printed.copy(to: log)
                        return true
                    }
                    group.addTask {
                        try await Task.sleep(for: .seconds(seconds))
                        return false
                    }
                    let ended = try await group.next() ?? true
                    group.cancelAll()
                    if !ended {
                        onTimeout()
                        await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                    }
                }
            }.terminationStatus
        }
    }
}

/// What a program printed, up to a bound.
private final class Printed: Sendable {
    private let kept = Mutex(Data())
    var data: Data { kept.withLock { $0 } }

    func append(_ bytes: UnsafeRawBufferPointer, atMost limit: Int) {
        kept.withLock { kept in
            let room = limit - kept.count
            if room > 0 { kept.append(contentsOf: bytes.prefix(room)) }
        }
    }

    /// Adds what was printed to the log as well, bounded.
    func copy(to log: String) throws {
        let kept = data.prefix(4000)
        guard !kept.isEmpty, let file = FileHandle(forWritingAtPath: log) else { return }
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: kept)
    }
}
