import Foundation
import Nouns
import Platform
import Subprocess
import Synchronization

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

    /// Runs `command` for at most `seconds`; then its whole process group gets SIGTERM, and SIGKILL two seconds later.
    /// The same where the daemon stops meanwhile, or is killed.
    ///
    /// It begins in a work folder of its own below `folder`, which is gone afterwards, with nothing of the daemon's
    /// environment and no core file. A file that it writes has at most a gibibyte, unless it may write elsewhere. It is
    /// over when its output is closed, also by what it left running.
    ///
    /// Throws a FileFailure where the files around it cannot be written, and CancellationError where the daemon stops.
    ///
    /// - Parameters:
    ///   - keeping: bytes of standard output that are kept; what goes beyond is read and dropped.
    ///   - confinement: what it may read and change; nil leaves that to the unit.
    ///   - mayAsk: whether it may ask the daemon; see ``HookPermit``.
    ///   - keepsLog: whether what it printed stays in the folder, in a file for people.
    package static func run(
        _ command: [String], event: Data, folder: String, name: String, seconds: Double, keeping: Int = 4000,
        confinement: Confinement?, mayAsk: Bool = false, keepsLog: Bool = true
    ) async throws -> Ending {
        guard !command.isEmpty else {
            return Ending(status: nil, output: "no program is named", timedOut: false)
        }
        let work = folder + "/\(name).work"
        try AtomicFile.makeFolder(work, mode: 0o700)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let input = folder + "/\(name).json"
        try AtomicFile.write(event + Data([10]), to: input)
        defer { unlink(input) }
        let start = ProgramStart(
            command: command, input: input, work: work, keeping: keeping, confinement: confinement, mayAsk: mayAsk)
        let timedOut = Atomic<Bool>(false)
        let said: ProgramOutput
        let status: TerminationStatus
        do {
            (status, said) = try await start.run(seconds: seconds) { timedOut.store(true, ordering: .relaxed) }
        } catch let error as SubprocessError {
            return Ending(status: nil, output: "\(command[0]) cannot be run: \(error)", timedOut: false)
        }
        try Task.checkCancellation()
        // The log is for people: that it cannot be written is no fault of the program.
        if keepsLog { try? AtomicFile.write(said.log, to: folder + "/\(name).log") }
        let text = String(decoding: said.log.suffix(2000), as: UTF8.self)
        let late = timedOut.load(ordering: .relaxed)
        let told = late ? "stopped after \(seconds) s; \(text)" : text
        var ending =
            switch status {
            case .exited(let code): Ending(status: code, output: told, timedOut: late)
            case .signaled(let signal):
                Ending(status: nil, output: late ? told : "ended by signal \(signal); \(text)", timedOut: late)
            }
        ending.printed = said.printed
        return ending
    }
}
