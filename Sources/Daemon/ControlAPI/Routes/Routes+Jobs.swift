import ControlProtocol
import WireAPI

extension Routes {
    mutating func addJobs(_ jobs: WireJobs) {
        on(.jobs.create) { try jobs.create($0.body, who: $0.principal) }
        on(.jobs.list) { try jobs.list($0.query, who: $0.principal) }
        on(.jobs.show) { try jobs.show($0.subject, who: $0.principal) }
        on(.jobs.cancel) { try jobs.cancel($0.subject, who: $0.principal) }
        on(.jobs.pause) { try jobs.pause($0.subject, who: $0.principal) }
        on(.jobs.events) { try jobs.events($0.subject, $0.query, who: $0.principal) }
        on(.jobs.checkpoints) { try jobs.checkpoints($0.subject, $0.query, who: $0.principal) }
        on(.jobs.follow) { try jobs.follow($0.subject, who: $0.principal) }
        on(.jobs.resume) { try jobs.resume($0.subject, who: $0.principal) }
    }
}
