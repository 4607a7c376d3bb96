import Dispatch
import Foundation
import Synchronization

/// Ctrl-C while a model answers stops the answer; between answers it ends the program, as it ends others.
final class AnswerInterruption {
    /// What stops the answer that is under way.
    private final class Stop: Sendable {
        let action = Mutex<(@Sendable () -> Void)?>(nil)
    }

    private let stop = Stop()
    private let source: any DispatchSourceSignal

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { [stop] in
            if let action = stop.action.withLock({ $0 }) { return action() }
            Terminal.write(Data("\n".utf8))
            signal(SIGINT, SIG_DFL)
            raise(SIGINT)
        }
        source.resume()
    }

    deinit { source.cancel() }

    /// What the task gives; it is cancelled where Ctrl-C comes before.
    func until<T: Sendable>(_ task: Task<T, any Error>) async throws -> T {
        stop.action.withLock { $0 = { task.cancel() } }
        defer { stop.action.withLock { $0 = nil } }
        return try await task.value
    }
}
