import CPlatform
import Dispatch
import Foundation
import Synchronization

/// Threads, one fewer than cores, that take part in others' computations.
///
/// Nobody waits for a helper that has not begun: whoever computes does all of it alone where all helpers are busy.
final class ParallelHelpers: Sendable {
    static let shared = ParallelHelpers(max(0, ProcessInfo.processInfo.activeProcessorCount - 1))

    /// One computation: its pieces are taken in order by whoever takes part.
    private final class Work: Sendable {
        private let count: Int
        private let piece: @Sendable (Int) -> Void
        private let next = Atomic<Int>(0)
        /// Signalled by each helper that took part, when it is done.
        let finished = DispatchSemaphore(value: 0)

        init(_ count: Int, _ piece: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.piece = piece
        }

        /// Does pieces until none is left.
        func takePart() {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                piece(index)
            }
        }
    }

    private let count: Int
    /// Work that a helper may join, once for each that may.
    private let invitations = Mutex<[Work]>([])
    private let waiting = DispatchSemaphore(value: 0)

    init(_ count: Int) {
        self.count = count
        for _ in 0..<count {
            Thread.detachNewThread { [self] in
                ft_prepare_thread("helper", Niceness.work)
                while true {
                    waiting.wait()
                    // Woken without an invitation: it was withdrawn meanwhile.
                    let work: Work? = invitations.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    work?.takePart()
                    work?.finished.signal()
                }
            }
        }
    }

    /// Does the pieces 0 ..< `pieces` on the caller's thread and those of idle helpers; returns when all are done.
    func perform(_ pieces: Int, _ piece: @escaping @Sendable (Int) -> Void) {
        let work = Work(pieces, piece)
        let invited = min(count, pieces - 1)
        if invited > 0 {
            invitations.withLock { $0 += Array(repeating: work, count: invited) }
            for _ in 0..<invited { waiting.signal() }
        }
        work.takePart()
        let joined = invitations.withLock { list in
            let before = list.count
            list.removeAll { $0 === work }
            return invited - (before - list.count)
        }
        for _ in 0..<max(0, joined) { work.finished.wait() }
    }
}
