import Foundation
import Nouns
import Places
import Platform

/// One worker a folder: two that write the same checkpoint would spoil it.
enum FolderLock {
    /// How long a worker that is on its way out may take.
    private static let patience = 60

    /// Takes the folder, waiting for a worker that a killed daemon left behind to write its checkpoint and go.
    ///
    /// Throws a Failure where it stays, and ``StopRequest/Made`` where this worker is asked to stop meanwhile.
    static func take(_ folder: String) throws -> FileLock {
        let path = WorkFolder(folder).events
        for _ in 0..<patience * 10 {
            try StopRequest.heed()
            do {
                return try FileLock(path: path)
            } catch let failure as FileFailure where failure.number == EWOULDBLOCK {
                usleep(100_000)
            } catch let failure as FileFailure {
                throw WorkerFault(
                    .cannotWrite,
                    Failure(
                        code: "worker.unwritable", "The request's folder cannot be written.", at: path,
                        remedy: "Check that the folder exists, its permissions, and the space on the disk.",
                        cause: failure.reason))
            }
        }
        throw WorkerFault(
            .internalFault,
            Failure(
                code: "worker.folder_busy", "Another worker has been at work in this folder for \(patience) seconds.",
                at: folder,
                remedy: "Wait until it ends, or end it with SIGTERM (fuser \(path) names it)."))
    }
}
