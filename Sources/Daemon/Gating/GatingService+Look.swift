import Foundation
import Judged
import Ledger
import Nouns
import StageKit

extension GatingService {
    /// Asks what is served again, on all gate rows that there are by now, and writes into the ledger what follows.
    ///
    /// Gives `worse` only where the anchor is to be served first: the run is judged against it afterwards.
    func looked(_ run: Run, _ settings: FrozenSettings, _ evidence: inout GatingRules.Evidence) throws
        -> StreamRules.Look
    {
        guard let served = evidence.baseline, let state = try StreamState.of(run.pipeline, context) else {
            return .undecided
        }
        let kept = try context.ledger.anchor(run.pipeline)
        guard let anchor = evidence.anchor,
            let (found, figures) = GatingRules.look(evidence, settings.gates, seed: run.recipe.seed)
        else {
            if kept?.version != state.anchor.id {
                try keep(
                    Anchor(
                        pipeline: run.pipeline, version: state.anchor.id, reason: "it is what is served",
                        at: evidence.now))
            }
            return .undecided
        }
        switch found {
        case .undecided: return .undecided
        case .better:
            try keep(
                Anchor(
                    pipeline: run.pipeline, version: served, reason: "shown to be better: \(figures)",
                    at: evidence.now))
            evidence.anchor = nil
            return .better
        case .worse:
            if let hindrance = hindrance(settings, state, at: evidence.now) {
                evidence.anchor?.note =
                    """
                    Later rows speak against what is served (\(figures)); it is not taken back, \(hindrance): \
                    `ftctl rollback \(run.pipeline) --to \(anchor.version)` does so.
                    """
                return .undecided
            }
            var back = Anchor(
                pipeline: run.pipeline, version: anchor.version, reason: kept?.reason ?? "",
                at: kept?.at ?? evidence.now)
            back.takenBack = served
            back.takenBackReason = "rolled back: \(figures)"
            try context.ledger.keep(back)
            context.bells.promotion.ring()
            return .worse
        }
    }

    private func keep(_ anchor: Anchor) throws {
        try context.ledger.keep(anchor)
        context.logger.info(
            "\(anchor.version) is the anchor of \(anchor.pipeline): \(anchor.reason)",
            metadata: ["pipeline": "\(anchor.pipeline)", "stage": "gating", "version": "\(anchor.version)"])
    }

    /// Why the served version is not taken back, in words; nil where it is.
    private func hindrance(_ settings: FrozenSettings, _ state: StreamState, at now: Date) -> String? {
        if state.isForced { return "since a person promoted it against the verdict" }
        if settings.promote != .auto { return "since the pipeline promotes by hand" }
        if let last = state.lastTakenBack, now.timeIntervalSince(last) < 86_400 {
            return "since another was within a day"
        }
        return nil
    }
}
