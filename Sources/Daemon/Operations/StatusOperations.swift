import ControlProtocol
import Foundation
import Ledger
import Nouns
import Platform
import Soundness
import StageKit

/// How the daemon is as a whole.
package struct StatusOperations: Sendable {
    let context: StageContext
    let pipelines: PipelineOperations
    let soundness: SoundnessService
    let startedAt: Date

    /// Reads every file that models and runs rest on.
    package func verify() async throws -> SoundnessAnswer { try await soundness.check(reading: true) }

    package func show() throws -> StatusAnswer {
        let active = try context.ledger.runs(in: [.training, .evaluating, .trained, .evaluated]).map(\.id)
        let problems = context.problems.all()
        return StatusAnswer(
            version: BuildVersion.text, pid: Int(getpid()), startedAt: startedAt,
            root: context.layout.root.isEmpty ? "/" : context.layout.root,
            health: problems.isEmpty ? "ok" : "degraded", problems: problems, pipelines: try pipelines.list(),
            queued: try context.ledger.runs(in: [.queued]).count, activeRuns: active,
            memoryBytes: System.residentBytes())
    }
}
