import Ledger
import Nouns
import StageKit
import Synchronization

/// Tells receivers when the daemon has had a problem for a while, and when it has none any more.
final class HealthNews: Sendable {
    /// How long something must be wrong, or well, before anybody is told: what heals at once is no news.
    private let patience: Duration

    private struct State {
        var isDegraded = false
        /// Since when the board says otherwise than what was told last.
        var changedAt: ContinuousClock.Instant?
    }
    private let state = Mutex(State())

    /// Whether the board says otherwise than what was told last.
    var isUndecided: Bool { state.withLock { $0.changedAt != nil } }

    init(patience: Duration = .seconds(30)) { self.patience = patience }

    /// Looks at the problem board; notes what is new for every pipeline whose receivers ask for it.
    func look(_ context: StageContext) throws {
        let problems = context.problems.all()
        let isNews = state.withLock { state in
            guard state.isDegraded == problems.isEmpty else {
                state.changedAt = nil
                return false
            }
            let since = state.changedAt ?? .now
            state.changedAt = since
            return ContinuousClock.now - since >= patience
        }
        guard isNews else { return }
        let kind = problems.isEmpty ? DeliveryEvent.Kind.recovered : .degraded
        let reason =
            problems.first.map { "\($0)" + (problems.count > 1 ? " (and \(problems.count - 1) more)" : "") }
            ?? "nothing is wrong any more"
        for pipeline in context.settings.pipelines where !DeliveryRules.targets(pipeline.delivery, kind).isEmpty {
            try context.ledger.happen(kind, pipeline.name, reason: reason)
        }
        state.withLock { state in
            state.isDegraded = !problems.isEmpty
            state.changedAt = nil
        }
    }
}
