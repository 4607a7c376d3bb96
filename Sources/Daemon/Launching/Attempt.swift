import Foundation
import Places
import Platform
import WorkerProtocol

/// The number of the attempt that may write into the folder of a piece of work.
///
/// Whoever starts an engine raises it first. An engine whose attempt is no longer the folder's writes nothing more, so
/// that one that was given up, and lives on where nobody can reach it, spoils nothing.
package enum Attempt {
    /// Raises the number in a folder and returns it. Throws a FileFailure.
    package static func next(in folder: String) throws -> Int {
        let number = (WorkFolder(folder).currentAttempt ?? 0) + 1
        try AtomicFile.write(Data("\(number)\n".utf8), to: WorkFolder(folder).attempt)
        return number
    }
}
