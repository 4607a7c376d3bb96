import Foundation
import Judged
import Ledger
import Nouns
import StageKit

extension GatingService {
    private static let owner = "gating:stream:"

    /// Asks what is served again, on all gate rows that there are by now, and writes into the ledger what follows.
    ///
    /// Gives `worse` only where an anchor is to be served first: the run is judged against it afterwards.
    func looked(_ run: Run, _ settings: FrozenSettings, _ evidence: inout GatingRules.Evidence) throws
        -> StreamRules.Look
    {
        guard let served = evidence.baseline, let state = try StreamState.of(run.pipeline, context) else {
            return .undecided
        }
        let looks = GatingRules.looks(evidence, settings.gates, seed: run.recipe.seed)
        let worse = looks.first { $0.found == .worse }
        let hindrance = worse == nil ? nil : hindrance(settings, state, at: evidence.now)
        tell(worse, hindrance, run.pipeline, served)
        if let worse {
            guard let hindrance else {
                try takeBack(run, to: worse, from: served, evidence)
                return .worse
            }
            evidence.anchor?.note =
                """
                Later rows speak against what is served (\(worse.reason)); it is not taken back, \(hindrance): \
                `ftctl rollback \(run.pipeline) --to \(worse.anchor)` does so.
                """
        }
        try keepAnchors(run, state, &evidence, settings)
        for look in looks where look.found == .better { try renew(look, run.pipeline, served, &evidence) }
        return looks.contains { $0.found == .better && $0.isPrimary } ? .better : .undecided
    }

    /// Forgets what spoke against versions that are not served any more.
    func forgetFormerLooks() throws {
        let owners = try context.settings.pipelines.compactMap { pipeline in
            try context.ledger.served(pipeline.name)?.version.map { "\(Self.owner)\(pipeline.name):\($0)" }
        }
        context.problems.clear(prefix: Self.owner, except: Set(owners))
    }

    /// Writes down what each gate's anchor is where that is not on record.
    private func keepAnchors(
        _ run: Run, _ state: StreamState, _ evidence: inout GatingRules.Evidence, _ settings: FrozenSettings
    ) throws {
        if try context.ledger.anchor(run.pipeline)?.version != state.anchor.id {
            try keep(
                Anchor(
                    pipeline: run.pipeline, version: state.anchor.id, reason: "it is what is served",
                    at: evidence.now))
        }
        let kept = Dictionary(
            try context.ledger.gateAnchors(run.pipeline).map { ($0.gate, $0.version) },
            uniquingKeysWith: { first, _ in first })
        for gate in GatingRules.anchored(evidence, settings.gates).dropFirst() {
            let found = state.gates[gate]?.anchor.id ?? state.anchor.id
            if state.gates[gate] == nil {
                // It stays where it is when the primary metric's goes on.
                evidence.gateAnchors[gate] = evidence.anchor
                if evidence.anchor == nil { evidence.anchoredAtServed.insert(gate) }
            }
            if kept[gate] == found { continue }
            let reason = kept[gate] == nil ? "it was the anchor when the gate was first asked" : "it is what is served"
            try keep(
                GateAnchor(pipeline: run.pipeline, gate: gate, version: found, reason: reason, at: evidence.now))
        }
    }

    private func renew(
        _ look: GatingRules.GateLook, _ pipeline: PipelineName, _ served: VersionID,
        _ evidence: inout GatingRules.Evidence
    ) throws {
        let reason = "shown to be better: \(look.reason)"
        if look.isPrimary {
            try keep(Anchor(pipeline: pipeline, version: served, reason: reason, at: evidence.now))
            evidence.anchor = nil
        } else {
            try keep(
                GateAnchor(pipeline: pipeline, gate: look.gate, version: served, reason: reason, at: evidence.now))
            evidence.gateAnchors[look.gate] = nil
            evidence.anchoredAtServed.insert(look.gate)
        }
    }

    /// Has the promotion stage serve the anchor again.
    private func takeBack(
        _ run: Run, to look: GatingRules.GateLook, from served: VersionID, _ evidence: GatingRules.Evidence
    ) throws {
        let kept = try context.ledger.anchor(run.pipeline)
        let isKept = kept?.version == look.anchor
        var back = Anchor(
            pipeline: run.pipeline, version: look.anchor, reason: isKept ? kept?.reason ?? "" : look.reason,
            at: isKept ? kept?.at ?? evidence.now : evidence.now)
        back.takenBack = served
        let maker = try context.ledger.version(served).flatMap { try context.ledger.run($0.run) }
        func rows(_ run: Run?) throws -> Int {
            try run.flatMap { try context.ledger.snapshot($0.snapshot)?.rows[.gate] } ?? 0
        }
        let came = try rows(run) - rows(maker)
        back.takenBackReason =
            "rolled back: \(came > 0 ? "\(came) gate rows came since, " : "")\(look.reason)"
            + (maker.map { "; look at the drops of run \($0.id)" } ?? "")
        try context.ledger.keep(back)
        context.bells.promotion.ring()
    }

    /// Says what a person is to decide on.
    private func tell(
        _ worse: GatingRules.GateLook?, _ hindrance: String?, _ pipeline: PipelineName, _ served: VersionID
    ) {
        let owner = "\(Self.owner)\(pipeline):\(served)"
        guard let worse, let hindrance else {
            context.problems.set(owner, nil)
            return
        }
        let failure = Failure(
            code: "stream.worse",
            "Later rows speak against what '\(pipeline)' serves (\(worse.reason)); it stays, \(hindrance).",
            at: served.rawValue, remedy: "Serve the anchor again: `ftctl rollback \(pipeline) --to \(worse.anchor)`.")
        loop.report(failure, owner, about: ["pipeline": "\(pipeline)"], event: "pipeline.waiting")
    }

    private func keep(_ anchor: Anchor) throws {
        try context.ledger.keep(anchor)
        told(anchor.pipeline, anchor.version, "the anchor", anchor.reason)
    }

    private func keep(_ anchor: GateAnchor) throws {
        try context.ledger.keep(anchor)
        told(anchor.pipeline, anchor.version, "the anchor of \(anchor.gate)", anchor.reason)
    }

    private func told(_ pipeline: PipelineName, _ version: VersionID, _ what: String, _ reason: String) {
        context.logger.info(
            "\(version) is \(what) for \(pipeline): \(reason)",
            metadata: ["pipeline": "\(pipeline)", "stage": "gating", "version": "\(version)"])
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
