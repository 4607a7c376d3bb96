import Foundation
import Launching
import Nouns
import Synchronization
import TestSupport
import WorkerProtocol

/// A launcher whose workers do what a test has written down, one after another.
final class ScriptedLauncher: WorkerLauncher {
    /// A worker's life: the checkpoint that it tells of, and how it ends.
    struct Life: Sendable {
        var checkpoint: Int?
        var end: WorkerEnd
    }

    private let lives: Mutex<[Life]>
    private let began = Mutex(0)
    /// Workers that work until they are told to end.
    private let working = Mutex<[String: AsyncThrowingStream<WorkerEvent, any Error>.Continuation]>([:])

    init(_ lives: [Life]) { self.lives = Mutex(lives) }

    /// Workers that were started.
    var count: Int { began.withLock { $0 } }

    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        let number = began.withLock { count in
            count += 1
            return count
        }
        return WorkHandle(launcher: "scripted", id: "\(number)", directory: request.directory)
    }

    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        let (stream, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        // One that nobody has written down works until it is told to end.
        guard let life = lives.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            working.withLock { $0[handle.id] = feed }
            return stream
        }
        if let step = life.checkpoint {
            var event = WorkerEvent(.checkpoint)
            event.checkpoint = step
            feed.yield(event)
        }
        feed.finish(throwing: life.end)
        return stream
    }

    func stop(_ handle: WorkHandle) async { end(handle) }
    func cancel(_ handle: WorkHandle) async { end(handle) }
    func leave(_ handle: WorkHandle) async { end(handle) }

    private func end(_ handle: WorkHandle) {
        working.withLock { $0.removeValue(forKey: handle.id) }?.finish(throwing: WorkerEnd.interrupted)
    }
}
