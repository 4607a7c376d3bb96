import ControlClient
import ControlProtocol
import Nouns

/// The run that somebody who names none wants to follow: the one at work, or the next.
struct NextRun {
    let client: ControlClient
    /// Of which pipeline; of any where it is nil.
    let pipeline: PipelineName?

    /// Asks once a second until there is one. Throws a Failure where there is no such pipeline.
    ///
    /// - Parameter tell: gets what is waited for, each time that it changes.
    func wait(_ tell: (String) -> Void) async throws -> RunID {
        var told: String?
        var newest: RunID?
        while true {
            let runs = try await client.send(.runs.list(RunQuery(pipeline: pipeline, limit: 50)))
            if let run = runs.first(where: \.state.isActive) ?? runs.last(where: \.state.isUnderWay) { return run.id }
            // One that came and went between two questions is followed too.
            if let first = runs.first?.id, told != nil, first != newest { return first }
            newest = runs.first?.id
            let waiting = try await waiting(runs.first)
            if waiting != told { tell(waiting) }
            told = waiting
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func waiting(_ last: Run?) async throws -> String {
        let before = last.map { " The last one, \($0.id), is \($0.state.rawValue)." } ?? ""
        guard let pipeline else { return "No run is at work; waiting for the next one.\(before)" }
        let summary = try await client.send(.pipelines.show(pipeline))
        let activity = summary.activity.hasSuffix(".") ? String(summary.activity.dropLast()) : summary.activity
        return "No run of \(pipeline) is at work: \(activity).\(before)"
    }
}
