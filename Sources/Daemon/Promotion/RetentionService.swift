import Nouns
import Platform
import ServiceLifecycle
import StageKit
import Synchronization

/// Clears away what nothing needs: checkpoints as soon as their adapter is proven, everything else by `[retention]`,
/// and before the disk is so full that no run is started.
package struct RetentionService: Service {
    /// How often everything is looked at while there is room.
    private static let interval = Duration.seconds(3600)

    let context: StageContext
    private let loop: StageLoop
    private let state = State()

    private let answering: @Sendable () -> Set<VersionID>

    /// - Parameter answering: the versions that are answering somebody now; they stay.
    package init(_ context: StageContext, answering: @escaping @Sendable () -> Set<VersionID> = { [] }) {
        self.context = context
        self.answering = answering
        loop = StageLoop("retention", context, bell: Bell(), every: .seconds(60))
    }

    package func run() async throws { await loop.run { try pass() } }

    /// Looks at everything where it is time, or where room is short.
    func pass() throws {
        let retention = Retention(context, answering: answering)
        state.mark = try retention.removeCheckpoints(after: state.mark)
        let isPressed = isRoomShort
        guard isPressed || state.lookedAt.map({ ContinuousClock.now - $0 >= Self.interval }) ?? true else { return }
        let plan = try retention.run(isPressed: isPressed, remove: true)
        state.lookedAt = .now
        // What keeps runs from being started may be over.
        if isPressed, !plan.items.isEmpty { context.bells.supervision.ring() }
    }

    /// Whether less than twice of what must stay free is left.
    private var isRoomShort: Bool {
        let least = context.settings.daemon.minimumFreeBytes
        guard least > 0, let free = System.freeBytes(context.layout.state) else { return false }
        return free / 2 < least
    }

    /// What is remembered between passes, all of which may be forgotten at a restart.
    private final class State: Sendable {
        private let values = Mutex<(mark: Int64, lookedAt: ContinuousClock.Instant?)>((0, nil))
        var mark: Int64 {
            get { values.withLock { $0.mark } }
            set { values.withLock { $0.mark = newValue } }
        }
        var lookedAt: ContinuousClock.Instant? {
            get { values.withLock { $0.lookedAt } }
            set { values.withLock { $0.lookedAt = newValue } }
        }
    }
}
