import Foundation
import Synchronization

/// Two steps of the work on a stream at the same time: one makes what the other takes.
package enum ReadAhead {
    /// Calls `make` on a thread of its own, and `take` on the caller's with everything that it gives, in order. One
    /// item waits at most.
    ///
    /// Returns when both have ended. Throws what `take` throws, or a CancellationError where the caller's task is
    /// cancelled, either of which ends `make` at its next item; or what `make` throws, once all that it gave was taken.
    package static func run<Item: Sendable>(
        _ make: @escaping @Sendable (_ give: (Item) throws -> Void) throws -> Void, take: (Item) throws -> Void
    ) throws {
        let line = Line<Item>()
        Thread.detachNewThread { line.end(Result { try make { try line.give($0) } }) }
        do {
            while let item = try line.next() {
                Pulse.beat()
                try Task.checkCancellation()
                try take(item)
            }
        } catch {
            line.leave()
            throw error
        }
    }

    /// Ends `make` where nobody takes any more.
    private struct Left: Error {}

    private final class Line<Item: Sendable>: Sendable {
        private struct State {
            var item: Item?
            var end: Result<Void, any Error>?
            var isLeft = false
        }

        private let state = Mutex(State())
        private let room = DispatchSemaphore(value: 0)
        private let news = DispatchSemaphore(value: 0)

        init() {
            // Not given at the beginning: a semaphore that ends below what it began with ends the process.
            room.signal()
        }

        func give(_ item: Item) throws {
            room.wait()
            let isLeft = state.withLock { state in
                if !state.isLeft { state.item = item }
                return state.isLeft
            }
            if isLeft { throw Left() }
            news.signal()
        }

        func end(_ result: Result<Void, any Error>) {
            state.withLock { $0.end = result }
            news.signal()
        }

        /// The next item, or nil at the end.
        func next() throws -> Item? {
            news.wait()
            if let item = state.withLock({ $0.item.take() }) {
                room.signal()
                return item
            }
            try state.withLock { $0.end }?.get()
            return nil
        }

        /// Lets `make` end, and waits until it has.
        func leave() {
            state.withLock { state in
                state.isLeft = true
                state.item = nil
            }
            room.signal()
            while state.withLock({ $0.end == nil }) { news.wait() }
        }
    }
}
