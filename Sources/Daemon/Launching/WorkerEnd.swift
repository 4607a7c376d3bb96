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
    /// It left because it was asked to.
    case interrupted

    package var failure: Failure? {
        switch self {
        case .failed(let failure), .died(let failure): failure
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
    package init(exit status: Int32, saying failure: Failure?, in folder: String) {
        let failure =
            failure
            ?? Failure(
                code: "worker.exit", "The worker left with status \(status).", at: folder,
                remedy: "See stderr.log there.", cause: Self.tail(folder))
        self =
            switch WorkerExit.consequence(of: status) {
            case .resumeLater: .interrupted
            case .fail: .failed(failure)
            // A worker that says that it is done and gave no result is broken.
            case .startAgain, .takeResult: .died(failure)
            }
    }

    /// What it means that a signal ended a worker that was not asked to leave.
    package init(signal: Int32, in folder: String) {
        let isKill = signal == SIGKILL
        self = .died(
            Failure(
                code: "worker.killed",
                """
                The worker was killed by signal \
                \(signal)\(isKill ? " (the kernel does that when memory runs out)" : "").
                """,
                at: folder,
                remedy: isKill ? "Lower worker.memory, or give the service more memory." : "See stderr.log there.",
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
