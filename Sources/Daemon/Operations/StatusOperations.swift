import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import Soundness
import StageKit
import Supervision

/// How the daemon is as a whole.
package struct StatusOperations: Sendable {
    let context: StageContext
    let pipelines: PipelineOperations
    let supervision: SupervisionService
    let soundness: SoundnessService
    let startedAt: Date

    /// Reads every file that models and runs rest on; what is wrong with others' is not told.
    package func verify(for who: Principal) async throws -> SoundnessAnswer {
        let sight = Sight(context.ledger, who)
        var answer = try await soundness.check(reading: true)
        answer.faults = try answer.faults.filter { try sight.sees($0) }
        return answer
    }

    /// Whether requests are answered. It looks at what the daemon has found already, and reads no file and no row, so
    /// that it never waits for work.
    ///
    /// Throws a Failure (`daemon.unready`) where no request can be answered, since the ledger cannot be used.
    package func ready() throws -> ReadyAnswer {
        let ledger = context.problems.problem(of: "ledger")
        if let ledger, ledger.code != "ledger.busy" { throw ReadyAnswer.unready([ledger]) }
        return ReadyAnswer(context.problems.all())
    }

    /// - Parameter who: whom it is shown to; nil for the daemon itself.
    package func show(for who: Principal? = nil) throws -> StatusAnswer {
        let sight = Sight(context.ledger, who)
        let active = try context.ledger.runs(in: [.training, .evaluating, .trained, .evaluated]).filter(sight.sees)
        let pipelines = try pipelines.list(for: who)
        var problems: [Failure] = []
        for failure in try context.problems.all(seenBy: sight) + pipelines.flatMap(\.problems)
        where !problems.contains(failure) {
            problems.append(failure)
        }
        var answer = StatusAnswer(
            version: BuildVersion.text, pid: Int(getpid()), startedAt: startedAt,
            root: context.layout.root.isEmpty ? "/" : context.layout.root,
            health: problems.isEmpty ? "ok" : "degraded", problems: problems, pipelines: pipelines,
            queued: try context.ledger.runs(in: [.queued]).filter(sight.sees).count, activeRuns: active.map(\.id),
            memoryBytes: System.residentBytes())
        let remarks = context.waits.all().map(\.description) + supervision.remarks
        answer.remarks = remarks.isEmpty ? nil : remarks
        return answer
    }
}
