import Foundation
import Nouns
import Places
import WorkerProtocol

/// How a worker ended without a result.
package enum WorkerEnd: Error, Hashable, Sendable {
    /// It said what is wrong; starting it again would not help.
    case failed(Failure)
    /// It died, hung or could not be started; starting it again may help.
    case died(Failure)
    /// The machine keeps it from working, which passes: it is to be started again until it can work.
    case waits(Failure)
    /// It left because it was asked to.
    case interrupted

    /// The code of a worker that left as if it had been asked to (75), and was not.
    package static let leftUnasked = "worker.left"
    /// The code of an engine that lost another of its processes (74).
    package static let lostPeer = "engine.lost"

    package var failure: Failure? {
        switch self {
        case .failed(let failure), .died(let failure), .waits(let failure): failure
        case .interrupted: nil
        }
    }
}

extension WorkerEnd {
    /// What it means that a worker left with a status and without a result, by the table of ``WorkerExit``.
    ///
    /// - Parameters:
    ///   - failure: what its last event said is wrong.
    ///   - folder: the folder of its request, with what it wrote to standard error.
    ///
    /// The worker was not asked to leave.
    package init(exit status: Int32, saying failure: Failure?, in folder: String) {
        let failure =
            failure
            ?? Failure(
                code: "worker.exit", "The worker left with status \(status).", at: folder,
                remedy: "See stderr.log there.", cause: Self.tail(folder))
        self =
            switch WorkerExit.consequence(of: status) {
            case .resumeLater where status == WorkerExit.peerLost.rawValue:
                .died(
                    Failure(
                        code: Self.lostPeer, "The engine lost another of its processes, a node or the scheduler.",
                        at: folder, remedy: "See stderr.log there.",
                        cause: failure.code == "worker.exit" ? nil : failure.message))
            case .resumeLater:
                .died(
                    Failure(
                        code: Self.leftUnasked, "The worker left, although nobody had asked it to.", at: folder,
                        remedy: "See stderr.log there.", cause: failure.code == "worker.exit" ? nil : failure.message))
            case .wait:
                .waits(
                    Failure(
                        code: "disk.full", "The worker cannot write.", at: failure.place ?? folder,
                        remedy: "Free space on that disk, or make it writable; the run goes on by itself.",
                        cause: [failure.message, failure.cause].compactMap { $0 }.joined(separator: " ")))
            case .fail: .failed(failure)
            // A worker that says that it is done and gave no result is broken.
            case .startAgain, .takeResult: .died(failure)
            }
    }

    /// The code of a worker that the kernel ended for want of memory.
    package static let outOfMemory = "worker.out_of_memory"

    /// What it means that a signal ended a worker that was not asked to leave.
    ///
    /// - Parameter isCounted: whether the kernel counts whom it ends for want of memory, and has not counted this one.
    package init(signal: Int32, in folder: String, isCounted: Bool = false) {
        let isKill = signal == SIGKILL
        var (guess, remedy) = ("", "See stderr.log there.")
        if isKill, isCounted {
            guess = ", which somebody sent it: memory had not run out"
            remedy = "See who ends processes of the daemon's user."
        } else if isKill {
            guess = " (the kernel does that when memory runs out)"
            remedy = "Lower worker.memory, or give the service more memory."
        }
        self = .died(
            Failure(
                code: "worker.killed", "The worker was killed by signal \(signal)\(guess).", at: folder, remedy: remedy,
                cause: Self.tail(folder)))
    }

    /// Work that nobody knows of right after it was taken.
    static func gone(_ handle: WorkHandle) -> WorkerEnd {
        .died(
            Failure(
                code: "worker.gone", "The work was taken and is gone.", at: handle.directory,
                remedy: "See stderr.log there."))
    }

    /// The end of what a worker wrote to standard error; nil where that is nothing.
    static func tail(_ folder: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: WorkFolder(folder).complaints) else { return nil }
        defer { try? file.close() }
        guard let end = try? file.seekToEnd(), end > 0, (try? file.seek(toOffset: end - min(end, 2000))) != nil,
            let data = try? file.readToEnd()
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
