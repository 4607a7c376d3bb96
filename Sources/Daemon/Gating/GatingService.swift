import Foundation
import Judged
import Ledger
import Nouns
import Platform
import ServiceLifecycle
import StageKit

/// Takes runs in state `evaluated`; gives them in state `accepted`, `rejected` or `inconclusive`, with the verdict, or
/// back to be evaluated where another model is served by now.
///
/// Never promotes.
package struct GatingService: Service {
    let context: StageContext
    let loop: StageLoop

    package init(_ context: StageContext) {
        self.context = context
        loop = StageLoop("gating", context, bell: context.bells.gating, every: .seconds(45))
    }

    package func run() async throws { await loop.run { try pass() } }

    /// Judges every evaluated run. One that cannot be judged now is tried again and does not hold up the others.
    func pass() throws {
        try forgetFormerLooks()
        try loop.each(
            context.ledger.runs(in: [.evaluated]), as: "run", key: \.id.rawValue,
            about: { ["pipeline": "\($0.pipeline)", "run": "\($0.id)"] }
        ) { try judge($0) }
    }

    private func judge(_ run: Run) throws {
        let frozen = try FrozenSettings.of(run, context)
        var settings = frozen.gates
        if frozen.iterate == .auto {
            settings.confidence = GatingRules.confidence(
                settings.confidence, isFollowUp: run.origin != nil, followUps: frozen.iterateRuns)
        }
        do {
            guard var evidence = try evidence(run, frozen) else {
                try context.apply(run.id, .servedChanged)
                return
            }
            if settings.overStream, try looked(run, frozen, &evidence) == .worse { return }
            let verdict = GatingRules.judge(
                evidence, settings, training: run.training, seed: run.recipe.seed, at: evidence.now)
            // A verdict during which the daemon was told to stop is not whole.
            Pulse.beat()
            try Task.checkCancellation()
            try context.apply(run.id, .judged(verdict, promotesItself: FrozenSettings.promotesItself(run, context)))
        } catch let failure as Failure
            where ["gating.scores_missing", "gating.schema"].contains(failure.code) || failure.code.hasPrefix("golden.")
        {
            try context.apply(run.id, .failed(failure))
        } catch let error as DecodingError {
            // What is on disk will not get better by trying again.
            let failure = Failure(
                code: "gating.scores_unreadable", "The scores of run \(run.id) cannot be read.", at: run.id.rawValue,
                remedy: "Queue a new run with `ftctl run \(run.pipeline)`.", cause: "\(error)")
            try context.apply(run.id, .failed(failure))
        }
    }
}
