import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The order to stop (SIGTERM, Ctrl-C), heard from the first moment on and by whatever is at work then: a daemon that
/// waits for its disk stops as one does that trains.
final class StopOrders: Service {
    private let bell = Bell()
    private let isGiven = Atomic(false)

    /// Listens for as long as the process lives. A reload that is asked for before there is anything to reload is no
    /// order, and ends nobody either.
    init() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        Task { [self] in
            for await signal in signals where signal != .sighup {
                isGiven.store(true, ordering: .relaxed)
                bell.ring()
            }
        }
    }

    /// Ends when the order is given, or with the group that it is a service of.
    func run() async {
        await cancelWhenGracefulShutdown {
            while !self.isGiven.load(ordering: .relaxed), !Task.isCancelled {
                await self.bell.wait(atMost: .seconds(86_400))
            }
        }
    }
}
