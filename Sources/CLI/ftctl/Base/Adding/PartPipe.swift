import Dispatch
import Foundation
import Synchronization

/// Hands the bytes of a file from the thread that fetches them to the task that sends them, in parts: one is sent while
/// the next comes, and whoever fetches waits for whoever sends.
final class PartPipe: Sendable {
    /// What the task gets.
    enum Step: Sendable {
        case part(Data)
        /// The file begins anew.
        case restart
    }

    /// Bytes of a part, of which two are held.
    private let partBytes: Int
    let steps: AsyncThrowingStream<Step, any Error>
    private let feed: AsyncThrowingStream<Step, any Error>.Continuation
    private let room = DispatchSemaphore(value: 1)
    private let state = Mutex((part: Data(), isOver: false))

    init(partBytes: Int) {
        self.partBytes = partBytes
        (steps, feed) = AsyncThrowingStream.makeStream()
    }

    /// Takes bytes; waits where two parts are there. Throws CancellationError once it is over.
    func take(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let full = state.withLock { state -> Data? in
                if state.part.isEmpty { state.part.reserveCapacity(partBytes) }
                let count = min(rest.count, partBytes - state.part.count)
                state.part.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
                rest = rest.dropFirst(count)
                return state.part.count == partBytes ? Self.emptied(&state.part) : nil
            }
            if let full { try push(.part(full)) }
        }
    }

    /// Forgets what was not handed on: the file begins anew.
    func restart() throws {
        state.withLock { _ = Self.emptied(&$0.part) }
        try push(.restart)
    }

    /// Hands on what is left, and ends.
    func finish() throws {
        let rest = state.withLock { Self.emptied(&$0.part) }
        if !rest.isEmpty { try push(.part(rest)) }
        feed.finish()
    }

    /// Hands on what is left, so that it counts, and then the error.
    func fail(_ error: any Error) {
        let rest = state.withLock { Self.emptied(&$0.part) }
        if !rest.isEmpty { try? push(.part(rest)) }
        feed.finish(throwing: error)
    }

    /// Says that a step is dealt with.
    func done() { room.signal() }

    /// Has whoever fetches wait no more.
    func abort() {
        state.withLock { $0.isOver = true }
        room.signal()
    }

    private func push(_ step: Step) throws {
        room.wait()
        guard !state.withLock({ $0.isOver }) else {
            room.signal()
            throw CancellationError()
        }
        feed.yield(step)
    }

    private static func emptied(_ part: inout Data) -> Data {
        defer { part = Data() }
        return part
    }
}
