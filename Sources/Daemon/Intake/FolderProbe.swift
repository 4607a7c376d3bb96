import Foundation
import Nouns
import Platform
import Synchronization

/// Looks whether a drop folder answers, on a thread of its own: one on a dead network mount holds up nobody but its own
/// pipeline.
final class FolderProbe: Sendable {
    /// How long a folder may take to answer.
    static let patience = 5.0

    /// Folders that have not answered yet.
    private let waiting = Mutex<Set<String>>([])
    private let look: @Sendable (String) -> Void

    /// - Parameter look: touches a folder, and may never come back.
    init(look: @escaping @Sendable (String) -> Void = { _ = try? RawPath($0).names() }) { self.look = look }

    /// Throws a Failure (`drop.hangs`) where the folder does not answer; it is asked again once it has.
    func check(_ folder: String, patience: Double = FolderProbe.patience) throws {
        let isFree = waiting.withLock { $0.insert(folder).inserted }
        guard isFree else { throw Self.hanging(folder) }
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            look(folder)
            waiting.withLock { _ = $0.remove(folder) }
            done.signal()
        }
        guard done.wait(timeout: .now() + patience) == .success else { throw Self.hanging(folder) }
    }

    private static func hanging(_ folder: String) -> Failure {
        Failure(
            code: "drop.hangs", "The drop folder does not answer, as where a network mount is dead.", at: folder,
            remedy: "Mend the mount; the folder is read again by itself, and other pipelines go on meanwhile.")
    }
}
