import Contracts
import Foundation
import Platform
import Subprocess
import Synchronization

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// Runs a program of the person's own, such as a hook or a canary: the event on standard input, a time limit, its output kept.
package enum HookProgram {
    /// How it ended.
    package struct Ending: Hashable, Sendable {
        /// The exit status; nil where a signal or the time limit ended it.
        package var status: Int32?
        /// The end of what it printed, at most 2,000 bytes; or why it did not run.
        package var output: String
        package var timedOut: Bool
        package var succeeded: Bool { status == 0 && !timedOut }
    }

    /// Runs `command` in `folder`, which holds its input and output files, for at most `seconds`; then SIGTERM, and SIGKILL two seconds later.
    ///
    /// Throws a FileFailure where those files cannot be written, and CancellationError where the daemon stops meanwhile.
    package static func run(_ command: [String], event: Data, folder: String, name: String, seconds: Double) async throws -> Ending {
        guard let program = command.first else { return Ending(status: nil, output: "no program is named", timedOut: false) }
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
            log = try FileDescriptor.open(output, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite, .groupRead])
        } catch {
            try? stdin.close()
            throw error
        }
        let status: TerminationStatus
        do {
            let outcome = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(Array(command.dropFirst())), workingDirectory: FilePath("/"), platformOptions: options,
                input: .fileDescriptor(stdin, closeAfterSpawningProcess: true), output: .sequence,
                error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { execution in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        // What it prints to standard output ends up in the log as well, bounded.
                        var kept: [UInt8] = []
                        for try await piece in execution.standardOutput where kept.count < 4000 { piece.withUnsafeBytes { kept.append(contentsOf: $0) } }
                        if !kept.isEmpty, let handle = FileHandle(forWritingAtPath: output) {
                            _ = try? handle.seekToEnd()
                            try? handle.write(contentsOf: Data(kept))
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
        let text = String(decoding: (FileManager.default.contents(atPath: output) ?? Data()).suffix(2000), as: UTF8.self)
        let late = timedOut.load(ordering: .relaxed)
        return switch status {
        case .exited(let code): Ending(status: code, output: late ? "stopped after \(seconds) s; \(text)" : text, timedOut: late)
        case .signaled(let signal):
            Ending(status: nil, output: late ? "stopped after \(seconds) s; \(text)" : "ended by signal \(signal); \(text)", timedOut: late)
        }
    }
}
