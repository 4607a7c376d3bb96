import Foundation
import Judged
import Ledger
import Monitoring
import Nouns
import Platform
import ServiceLifecycle
import Settings
import StageKit

/// Takes runs in state `accepted`; gives them in state `promoted`, their model served through the `current` link.
///
/// Never judges; a person may promote against a verdict, which is on the record for ever.
package struct PromotionService: Service {
    let context: StageContext
    private let loop: StageLoop

    package init(_ context: StageContext) {
        self.context = context
        loop = StageLoop("promotion", context, bell: context.bells.promotion, every: .seconds(45))
    }

    package func run() async throws { await loop.run { try pass() } }

    /// Promotes what passed, pipeline by pipeline; one whose link or version cannot be made does not hold up the
    /// others.
    func pass() throws {
        try tellOfOrphans()
        try loop.each(
            context.settings.pipelines, as: "pipeline", key: \.name.rawValue,
            about: { ["pipeline": "\($0.name)"] }
        ) { pipeline in
            try takeBack(pipeline.name)
            try repairLink(pipeline.name)
            let accepted = try context.ledger.runs(pipeline: pipeline.name, state: .accepted, limit: 1)
            // The newest was judged against what is served now; older ones were judged against what no longer is.
            if let run = accepted.first, try isCurrent(run), try FrozenSettings.promotesItself(run, context) {
                _ = try promote(run, kind: .automatic, who: "finetuned", reason: run.verdict?.summary ?? "")
            }
            try keepUnproven(pipeline)
        }
    }

    /// Serves the anchor again where later rows spoke against what is served.
    private func takeBack(_ pipeline: PipelineName) throws {
        guard var anchor = try context.ledger.anchor(pipeline), let worse = anchor.takenBack,
            let reason = anchor.takenBackReason
        else { return }
        let isDone = try ServingTurns.taken {
            let record = context.layout.versionRecord(pipeline, anchor.version)
            // Whoever promoted or rolled back meanwhile has decided, and what is gone cannot be served.
            guard try context.ledger.served(pipeline)?.version == worse, FileManager.default.fileExists(atPath: record)
            else { return false }
            _ = try append(
                pipeline, to: anchor.version, run: nil, kind: .rollback, who: StreamState.daemon, reason: reason)
            return true
        }
        (anchor.takenBack, anchor.takenBackReason) = (nil, nil)
        try context.ledger.keep(anchor)
        context.bells.gating.ring()
        guard isDone else { return }
        let run = try context.ledger.version(worse)?.run
        context.logger.warning(
            """
            Took \(pipeline) back from \(worse) to \(anchor.version): \(reason). Look at the drops of \
            \(run.map { "run \($0)" } ?? "its run").
            """,
            metadata: [
                "pipeline": "\(pipeline)", "stage": "promotion", "event": "version.rolled-back",
                "version": "\(anchor.version)",
            ])
    }

    /// Says which runs passed and wait because their pipeline is gone; they are promoted when it is back.
    private func tellOfOrphans() throws {
        let present = Set(context.settings.pipelines.map(\.name))
        let waiting = try context.ledger.pipelines(withRunsIn: .accepted).filter { !present.contains($0) }
            .compactMap { pipeline in
                // A pipeline that was retired has no files left to be promoted.
                try context.ledger.keptRuns(pipeline).first { $0.state == .accepted }
            }
            .filter(isCurrent)
        loop.forget("gone", except: waiting.map(\.pipeline.rawValue))
        for run in waiting {
            let pipeline = run.pipeline
            let failure = Failure(
                code: "pipeline.gone",
                "Run \(run.id) passed and is not promoted, since its pipeline '\(pipeline)' is not there.",
                at: run.id.rawValue,
                remedy: "Put the pipeline's file back, or promote it yourself with `ftctl promote \(run.id)`.")
            loop.report(
                failure, "promotion:gone:\(pipeline)", about: ["pipeline": "\(pipeline)", "run": "\(run.id)"],
                event: "pipeline.waiting")
        }
    }

    /// Promotes because a person asks. Throws a Failure where the run has not passed, unless forced.
    package func promote(_ id: RunID, who: String, reason: String, force: Bool) throws -> PromotionRecord {
        guard let run = try context.ledger.run(id) else {
            throw Failure(code: "run.unknown", "There is no run '\(id)'.", at: id.rawValue, remedy: "See `ftctl runs`.")
        }
        guard [.accepted, .rejected, .inconclusive].contains(run.state) else {
            throw Failure(
                code: "run.transition", "Run \(id) is \(run.state.rawValue); only a judged run can be promoted.",
                at: id.rawValue,
                remedy: "See `ftctl show \(id)`.")
        }
        let passed = try run.state == .accepted && isCurrent(run)
        guard passed || force else {
            throw Failure(
                code: "promotion.not_passed",
                run.state == .accepted
                    ? "Run \(id) passed against a model that is no longer the served one."
                    : "Run \(id) is \(run.state.rawValue): \(run.verdict?.summary ?? "").",
                at: id.rawValue,
                remedy: "Override with `ftctl promote \(id) --force --reason …`; it will be on the record.")
        }
        return try promote(run, kind: passed ? .manual : .forced, who: who, reason: reason)
    }

    /// Records the version that a run's model is, without serving it.
    package func register(_ run: Run) throws -> ModelVersion {
        try ServingTurns.taken {
            let version = try VersionFolder(context: context).make(run)
            try context.ledger.add(version)
            return version
        }
    }

    /// Makes the newest model a version that the gates could not decide on and that the next run goes on from; it is
    /// not served.
    private func keepUnproven(_ pipeline: PipelineSettings) throws {
        guard pipeline.incremental.unproven > 0, let chain = try UnprovenChain.of(pipeline.name, context),
            !chain.isMade,
            chain.head.adapter.map({ FileManager.default.fileExists(atPath: $0.path) }) ?? false
        else { return }
        let version = try register(chain.head)
        try context.ledger.amend(chain.head.id) { $0.version = $0.version ?? version.id }
        context.logger.info(
            "The next run of \(pipeline.name) \(chain.inWords(most: pipeline.incremental.unproven))",
            metadata: [
                "pipeline": "\(pipeline.name)", "run": "\(chain.head.id)", "version": "\(version.id)",
                "event": "run.progress",
            ])
        context.bells.scheduling.ring()
    }

    /// Serves an earlier version again.
    package func rollback(_ pipeline: PipelineName, to version: VersionID?, who: String, reason: String) throws
        -> PromotionRecord
    {
        let history = try context.ledger.history(pipeline, limit: Int.max)
        guard !history.isEmpty else {
            throw Failure(
                code: "rollback.nothing", "Nothing of '\(pipeline)' was ever promoted.", at: pipeline.rawValue,
                remedy: "See `ftctl runs`.")
        }
        let target = try version ?? before(history, of: pipeline)
        if let target, try context.ledger.version(target) == nil {
            throw Failure(
                code: "version.unknown", "There is no version '\(target)'.", at: target.rawValue,
                remedy: "See `ftctl history \(pipeline)`.")
        }
        if let target {
            try requireServed(target, history)
            try requireProven(target, history)
        }
        let record = try ServingTurns.taken {
            if let target,
                !FileManager.default.fileExists(atPath: context.layout.versionRecord(pipeline, target))
            {
                throw Failure(
                    code: "version.removed", "The files of '\(target)' were removed.", at: target.rawValue,
                    remedy: "See `ftctl version list \(pipeline)` for those that are there.")
            }
            return try append(
                pipeline, to: target, run: nil, kind: .rollback, who: who, reason: reason
            ).record
        }
        try repairLink(pipeline)
        context.logger.notice(
            "Rolled \(pipeline) back to \(target?.rawValue ?? "the base") by \(who): \(reason)",
            metadata: [
                "pipeline": "\(pipeline)", "event": "version.rolled-back", "version": "\(target?.rawValue ?? "base")",
            ])
        return record
    }

    /// Throws a Failure (`version.foreign`) where a version of elsewhere was never served here: the gates come first.
    private func requireServed(_ id: VersionID, _ history: [PromotionRecord]) throws {
        guard let version = try context.ledger.version(id), version.foreign != nil,
            !history.contains(where: { $0.version == id })
        else { return }
        throw Failure(
            code: "version.foreign", "'\(id)' was trained elsewhere and was never served here.", at: id.rawValue,
            remedy:
                "Its run \(version.run) is promoted once its gates pass, or by `ftctl promote \(version.run) --force`.")
    }

    /// Throws a Failure (`version.unproven`) where the gates could not decide on a version and it was never served.
    private func requireProven(_ id: VersionID, _ history: [PromotionRecord]) throws {
        guard let version = try context.ledger.version(id), try context.ledger.run(version.run)?.state == .inconclusive,
            !history.contains(where: { $0.version == id })
        else { return }
        throw Failure(
            code: "version.unproven", "'\(id)' was never served: the gates could not decide on it.", at: id.rawValue,
            remedy: "Serve it all the same with `ftctl promote \(version.run) --force --reason …`.")
    }

    /// Serves nothing but the base from now on, and takes people's names away from the versions. Returns what was
    /// served.
    package func end(_ pipeline: PipelineName, who: String, reason: String) throws -> VersionID? {
        for name in try context.ledger.aliases(pipeline).keys {
            try context.ledger.setAlias(name, of: pipeline, to: nil, who: who)
        }
        guard let served = try context.ledger.served(pipeline)?.version else { return nil }
        _ = try append(pipeline, to: nil, run: nil, kind: .rollback, who: who, reason: reason)
        try repairLink(pipeline)
        return served
    }

    /// What lies below the served version. Throws a Failure (`rollback.nothing`) where that is the base already.
    private func before(_ history: [PromotionRecord], of pipeline: PipelineName) throws -> VersionID? {
        guard let previous = ServedBefore(history.reversed()).below.last else {
            throw Failure(
                code: "rollback.nothing", "'\(pipeline)' serves its base, and nothing lies before that.",
                at: pipeline.rawValue,
                remedy: "Name a version: `ftctl rollback \(pipeline) --to VERSION`; see `ftctl history \(pipeline)`.")
        }
        return previous
    }

    /// Serves what was served before `version`, because its canary objects; does nothing where another version is
    /// served by now.
    package func rollBackCanary(_ pipeline: PipelineName, version: VersionID, reason: String) throws {
        guard let last = try context.ledger.history(pipeline, limit: 1).first, last.version == version else { return }
        _ = try append(
            pipeline, to: last.previous, run: nil, kind: .canaryRollback, who: "finetuned", reason: reason)
        try repairLink(pipeline)
        context.logger.warning(
            "Rolled \(pipeline) back from \(version) to \(last.previous?.rawValue ?? "the base"): \(reason)",
            metadata: [
                "pipeline": "\(pipeline)", "stage": "promotion", "event": "version.rolled-back",
                "version": "\(last.previous?.rawValue ?? "base")",
            ])
    }

    /// Whether what the run was judged against is still what is served.
    private func isCurrent(_ run: Run) throws -> Bool {
        try run.verdict?.baseline == context.ledger.served(run.pipeline)?.version
    }

    private func promote(_ run: Run, kind: PromotionRecord.Kind, who: String, reason: String) throws -> PromotionRecord
    {
        let (record, change) = try ServingTurns.taken {
            let version = try VersionFolder(context: context).make(run)
            try context.ledger.add(version)
            return try append(
                run.pipeline, to: version.id, run: run.id, kind: kind, who: who, reason: reason)
        }
        try repairLink(run.pipeline)
        if let change { context.perform(change) }
        return record
    }

    /// Appends to the record of what is served, and counts it.
    private func append(
        _ pipeline: PipelineName, to version: VersionID?, run: RunID?, kind: PromotionRecord.Kind, who: String,
        reason: String
    ) throws -> (record: PromotionRecord, change: RunChange?) {
        let appended = try context.ledger.promote(
            pipeline, to: version, run: run, kind: kind, who: who, reason: reason)
        context.meters.count(.promotions, "\(pipeline)", kind.rawValue)
        return appended
    }

    /// Makes the link say what the ledger says: the record is the promotion, the link follows, also after a crash
    /// between the two.
    private func repairLink(_ pipeline: PipelineName) throws {
        let link = context.layout.current(pipeline)
        let target = try context.ledger.served(pipeline)?.version?.rawValue
        let now = try? FileManager.default.destinationOfSymbolicLink(atPath: link)
        guard target != now else { return }
        if let target {
            try AtomicFile.link(link, to: target)
        } else {
            guard unlink(link) == 0 || errno == ENOENT else { throw FileFailure("remove it", link, errno: errno) }
        }
    }
}
