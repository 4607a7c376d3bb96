import Nouns
import Platform
import StageKit
import Synchronization

/// The one queue of everything for which people have a worker started: looking at a base, ranking bases, answers.
///
/// One is served at a time, and the next only when there is memory for it beside the runs at work; the others wait in
/// the order in which they came, up to a bound beyond which they are told to come again.
package final class ServiceDesk: Sendable {
    /// Most that may wait.
    package static let seats = 32
    /// How long somebody waits for memory before being told that there is none.
    private static let patience = Duration.seconds(60)

    private struct Ticket {
        let number: Int
        let call: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var isBusy = false
        var next = 0
        var waiting: [Ticket] = []
        /// Tickets that were given back before they were queued.
        var left: Set<Int> = []
    }
    private let state = Mutex(State())
    private let context: StageContext
    private let freeMemory: @Sendable () -> Int

    /// - Parameter freeMemory: bytes that a worker may have.
    package init(_ context: StageContext, freeMemory: @escaping @Sendable () -> Int = { MachineMemory.available() }) {
        self.context = context
        self.freeMemory = freeMemory
    }

    /// How many are served or wait now.
    package var count: Int { state.withLock { $0.waiting.count + ($0.isBusy ? 1 : 0) } }

    /// Does `work` once it is the caller's turn.
    ///
    /// Throws what `work` throws; a Failure where too many wait (`daemon.busy`) or there is no memory for another
    /// worker (`memory.low`); and a CancellationError where the caller goes away while it waits.
    package func serve<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        try await takeTurn()
        defer { callNext() }
        try await waitForMemory()
        return try await work()
    }

    private func takeTurn() async throws {
        let number = try state.withLock { state in
            guard state.waiting.count < Self.seats else {
                throw Failure(
                    code: "daemon.busy", "\(Self.seats) others wait for a worker already.",
                    remedy: "Ask again in a minute.")
            }
            state.next += 1
            return state.next
        }
        let isServed = await withTaskCancellationHandler {
            await withCheckedContinuation { call in
                let answer: Bool? = state.withLock { state in
                    if state.left.remove(number) != nil { return false }
                    if !state.isBusy {
                        state.isBusy = true
                        return true
                    }
                    state.waiting.append(Ticket(number: number, call: call))
                    return nil
                }
                if let answer { call.resume(returning: answer) }
            }
        } onCancel: {
            giveBack(number)
        }
        guard isServed else { throw CancellationError() }
        state.withLock { _ = $0.left.remove(number) }
    }

    private func giveBack(_ number: Int) {
        let call = state.withLock { state in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.left.insert(number)
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.waiting.remove(at: place).call
        }
        call?.resume(returning: false)
    }

    private func callNext() {
        let call = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.waiting.removeFirst().call
        }
        call?.resume(returning: true)
    }

    private func waitForMemory() async throws {
        let needed = context.settings.daemon.workerMemoryBytes
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let free = freeMemory()
            if free >= needed { return }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    code: "memory.low",
                    "Only \(free >> 20) MiB of memory are free, and a worker asks for \(needed >> 20) MiB.",
                    remedy: "Ask again when the run at work is over, or lower worker.memory.")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
