import ControlClient
import ControlProtocol
import Nouns

/// Follows what was dropped to the end of the run that learns from it.
struct DropWatch: Sendable {
    let follower: RunFollower
    let pipeline: PipelineName
    let drops: [Drop]

    /// How it ended.
    enum Outcome: Sendable {
        /// Every row was known before, so that there is nothing to learn.
        case known
        /// The rows are stored, and no run follows by itself.
        case waits(PipelineOutlook)
        case ended(Run)

        /// 0 where nothing was to be learnt or a model was promoted, 2 where none was, 3 where something is waited for.
        var status: Int32 {
            switch self {
            case .known: 0
            case .waits: 3
            case .ended(let run): RunFollower.status(run)
            }
        }

        var sentence: String {
            switch self {
            case .known: "Every row is known already, so no run follows."
            case .waits(let outlook) where outlook.next == .person:
                "The rows are stored, and no run follows before somebody does something: \(outlook.sentence)"
            case .waits(let outlook): "The rows are stored, and no run follows yet: \(outlook.sentence)."
            case .ended(let run): WatchView.end(run)
            }
        }
    }

    /// Waits for the run and follows it; ends at once where none follows by itself.
    func outcome() async throws -> Outcome {
        let new = Set(drops.filter { $0.state == .stored && $0.rowsAccepted > 0 }.map(\.id))
        guard !new.isEmpty else { return .known }
        var told: String?
        while true {
            if let run = try await run(learning: new) { return .ended(try await follower.follow(run)) }
            let outlook = try await follower.client.send(.pipelines.outlook(pipeline))
            switch outlook.next {
            case .run, .soon:
                if outlook.sentence != told {
                    follower.say("\(pipeline): \(outlook.sentence).")
                }
                told = outlook.sentence
            case .trigger, .person:
                // It may have been queued between the two questions.
                if let run = try await run(learning: new) { return .ended(try await follower.follow(run)) }
                return .waits(outlook)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// The first run that was queued for these rows.
    private func run(learning drops: Set<DropID>) async throws -> RunID? {
        try await follower.client.send(.runs.list(RunQuery(pipeline: pipeline, limit: 50)))
            .last { $0.purpose != .trial && !drops.isDisjoint(with: $0.drops) }?.id
    }
}
