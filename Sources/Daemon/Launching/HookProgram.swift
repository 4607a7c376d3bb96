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
    package static func run(
        _ command: [String], event: Data, folder: String, name: String, seconds: Double, keeping: Int = 4000,
        confined: Bool = false
    ) async throws -> Ending {
        guard let program = command.first else {
            return Ending(status: nil, output: "no program is named", timedOut: false)
        }
        try AtomicFile.makeFolder(folder)
        let input = folder + "/\(name).json"
        let output = folder + "/\(name).log"
        try AtomicFile.write(event + Data([10]), to: input)
        defer { unlink(input) }
        let timedOut = Atomic<Bool>(false)
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        let stdin = try FileDescriptor.open(input, .readOnly, options: [.closeOnExec])
        let log: FileDescriptor
        do {
            log = try FileDescriptor.open(
                output, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead])
        } catch {
            try? stdin.close()
            throw error
        }
        let status: TerminationStatus
        let printed = Printed()
        let shell = ["-c", "ulimit -c 0; ulimit -f 2097152; exec \"$0\" \"$@\""] + command
        let own: Environment =
            confined ? .custom(["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]) : .inherit
        do {
            let outcome = try await Subprocess.run(
                .path(FilePath(confined ? "/bin/sh" : program)),
                arguments: Arguments(confined ? shell : Array(command.dropFirst())), environment: own,
                workingDirectory: FilePath("/"), platformOptions: options,
                input: .fileDescriptor(stdin, closeAfterSpawningProcess: true), output: .sequence,
                error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { execution in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        // What it prints to standard output ends up in the log as well, bounded.
                        for try await piece in execution.standardOutput {
                            piece.withUnsafeBytes { printed.append($0, atMost: keeping) }
                        }
                        let kept = printed.data.prefix(4000)
                        if !kept.isEmpty, let handle = FileHandle(forWritingAtPath: output) {
                            _ = try? handle.seekToEnd()
                            try? handle.write(contentsOf: kept)
                            try? handle.close()
                        }
                        return true
                    }
                    group.addTask {
                        try await Task.sleep(for: .seconds(seconds))
                        return false
                    }
                    let ended = try await group.next() ?? true
                    group.cancelAll()
                    if !ended {
                        timedOut.store(true, ordering: .relaxed)
                        await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                    }
                }
            }
            status = outcome.terminationStatus
        } catch let error as SubprocessError {
            return Ending(status: nil, output: "\(program) cannot be run: \(error)", timedOut: false)
        }
        try Task.checkCancellation()
        let text = String(
            decoding: (FileManager.default.contents(atPath: output) ?? Data()).suffix(2000), as: UTF8.self)
        let late = timedOut.load(ordering: .relaxed)
        var ending =
            switch status {
            case .exited(let code):
                Ending(status: code, output: late ? "stopped after \(seconds) s; \(text)" : text, timedOut: late)
            case .signaled(let signal):
                Ending(
                    status: nil,
                    output: late ? "stopped after \(seconds) s; \(text)" : "ended by signal \(signal); \(text)",
                    timedOut: late)
            }
        ending.printed = printed.data
        return ending
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
}
