import Logging
import Nouns
import Platform
import ServiceLifecycle
import Synchronization

/// The loop of a stage: passes on a thread of its own, one when its bell rings and one when its interval is over.
///
/// A pass may block and compute as long as it likes, if it says by ``Pulse/beat()`` after each piece that it comes
/// further: nothing that answers requests shares its thread, which gives way to theirs, and a daemon of which one
/// stage's thread shows no sign of life is taken for hung and restarted. When the daemon stops, the pass's task is
/// cancelled: code that works long asks `Task.isCancelled` (or calls `Task.checkCancellation()`) after each piece of
/// some 100 ms, leaves nothing half made, and goes on at the next start. A pass that waits for workers is async and
/// waits on its thread.
///
/// Faults of one item (a run, a pipeline, a drop) belong into ``each(_:as:key:about:_:)`` or
/// ``guarding(_:about:event:_:)``: they are on the problem board under the item's own key and hold up no
/// other. What a pass throws beyond that is the stage's own problem until a pass goes well.
package struct StageLoop: Sendable {
    /// How long the loop waits after a pass, unless the bell rings before.
    package enum Next: Sendable, Equatable {
        /// The loop's interval.
        case later
        /// At most so long.
        case within(Duration)
        /// Not at all: there is more to do.
        case again
    }

    package let name: String
    /// The code of faults that have none of their own.
    let code: String
    let context: StageContext
    private let bell: Bell
    private let interval: Duration
    private let rest: Duration
    /// Whether the pass at work has met a fault that may pass by itself.
    let metPassing = Flag()

    /// What copies of a loop share.
    final class Flag: Sendable {
        let value = Atomic(false)
    }

    /// - Parameters:
    ///   - name: what the stage is called in the journal, on the problem board and in `top -H`; at most 15 bytes.
    ///   - code: the code of faults that have none of their own; the name where it is nil.
    ///   - interval: the longest time between two passes, and up to a sixth of it more where nothing else is due.
    ///   - rest: the shortest, for stages whose bell rings at each change.
    package init(
        _ name: String, code: String? = nil, _ context: StageContext, bell: Bell, every interval: Duration,
        rest: Duration = .zero
    ) {
        self.name = name
        self.code = code ?? name
        self.context = context
        self.bell = bell
        self.interval = interval
        self.rest = rest
    }

    /// Does passes until the daemon stops. Then the pass at work is cancelled, and this returns when it has ended.
    ///
    /// - Parameter first: what is done once, on the same thread, before the first pass.
    package func run(
        first: @escaping @Sendable () async -> Void = {}, _ pass: @escaping @Sendable () async throws -> Next
    ) async {
        let thread = ThreadExecutor(name: name, niceness: Niceness.work)
        let pulse = Pulse(name, of: thread)
        context.pulses.add(pulse)
        defer { context.pulses.remove(pulse) }
        // The wait for the stop stays off the stage's thread, which a pass may hold.
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(thread) {
                await pulse.during {
                    await first()
                    while !Task.isCancelled { await turn(pass) }
                }
            }
        }
    }

    /// The same for passes after which the loop always waits its interval.
    package func run(_ pass: @escaping @Sendable () async throws -> Void) async {
        await run {
            try await pass()
            return .later
        }
    }

    /// The longest that a loop waits after a pass that met what may pass by itself, such as a disk that is full.
    private static let duringFault = Duration.seconds(20)

    private func turn(_ pass: @Sendable () async throws -> Next) async {
        var next = Next.later
        metPassing.value.store(false, ordering: .relaxed)
        do {
            next = try await pass()
            context.problems.set(name, nil)
        } catch is CancellationError {
            // The daemon stops, or the worker that the pass waited for was stopped.
        } catch {
            report(error, name)
        }
        // What heals is seen to have healed, however seldom there is work.
        let isToHeal = metPassing.value.load(ordering: .relaxed)
        let longest = isToHeal ? min(Self.duringFault, interval) : interval
        if rest > .zero, next != .again { await Bell().wait(atMost: rest) }
        switch next {
        // Stages that only look whether there is something look together: each wakes the machine.
        case .later: await bell.wait(atMost: longest, leeway: min(longest / 6, .seconds(10)))
        case .within(let limit): await bell.wait(atMost: min(limit, longest))
        case .again: break
        }
    }
}
