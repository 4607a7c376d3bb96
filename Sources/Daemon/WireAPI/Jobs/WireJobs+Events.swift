import ControlProtocol
import Foundation
import Nouns
import StageKit
import WorkerProtocol

extension WireJobs {
    /// What happened to a job, the newest first. Throws a Failure: `job.unknown`, and `request.after` where the cursor
    /// is gone.
    package func events(_ id: JobID, _ query: JobPageQuery, who: Principal) throws -> WirePage<JobEventObject> {
        let job = try find(id, who)
        var found = JobHappening.of(job)
        if let run = try run(job) {
            found += JobHappening.of(run, try context.ledger.transitions(run.id))
            found += EventReader.events(in: context.layout.run(run.id)).enumerated().compactMap {
                JobHappening.of($1, index: $0)
            }
        }
        let events = found.sorted { $1.precedes($0) }.map { $0.object(of: id) }
        return try Self.page(events, after: query.after, limit: query.limit)
    }

    /// What happens to a job until it is over, the oldest first. Throws a Failure (`job.unknown`).
    package func follow(_ id: JobID, who: Principal) throws -> EventStream {
        _ = try find(id, who)
        let follower = JobFollower(self, id)
        return EventStream(AsyncThrowingStream { try await follower.next() })
    }

    /// A page of a list. Throws a Failure (`request.after`) where the cursor is gone.
    static func page<Element: Identifiable>(_ all: [Element], after: String?, limit: Int) throws -> WirePage<Element>
    where Element.ID == String {
        var rest = all[...]
        if let after {
            guard let place = all.firstIndex(where: { $0.id == after }) else {
                throw Failure(
                    code: "request.after", "There is no '\(after)' in this list.", at: "after",
                    remedy: "Begin the list anew.")
            }
            rest = all[(place + 1)...]
        }
        let limit = min(limit, JobPageQuery.most)
        return WirePage(Array(rest.prefix(limit + 1)), limit: limit)
    }
}
