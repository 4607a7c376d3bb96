import Foundation
import Ledger
import Nouns
import StageKit

/// What the next run of a pipeline goes on from although it is not served: the newest model that the gates could not
/// decide on and that validation rows do not speak against, with those that it goes on from itself.
///
/// It follows from the runs and from what is served, and nothing of it is kept: once another version is served, or a
/// drop that it learnt is withdrawn, it is over, and its rows are new again.
package struct UnprovenChain: Sendable {
    /// Runs that are looked through for it.
    private static let runsAtMost = 200

    /// The run of the newest model.
    package var head: Run
    /// What that model is as a version, whether or not its files were made yet.
    package var version: VersionID
    /// Whether the version is in the ledger and its files are there.
    package var isMade: Bool
    /// How many models lie between what is served and the next run.
    package var length: Int
    /// Verdicts on the newest model after its first, oldest first.
    package var again: [Verdict]

    /// The newest verdict on the newest model.
    package var verdict: Verdict? { again.last ?? head.verdict }

    /// The chain of a pipeline; nil where there is none.
    package static func of(_ pipeline: PipelineName, _ context: StageContext) throws -> UnprovenChain? {
        let runs = try context.ledger.runs(pipeline: pipeline, limit: runsAtMost).filter(isOfTheStream)
        let served = try context.ledger.served(pipeline)?.version
        // Runs of before what is served now went on from something else.
        for run in runs.prefix(while: { $0.state != .promoted && $0.state != .delivered }) {
            guard run.state == .inconclusive, run.judgesAgain == nil, run.verdict?.baseline == served,
                run.verdict?.continuation?.goesOn == true
            else { continue }
            let again = runs.filter { $0.judgesAgain == run.id }.reversed().compactMap(\.verdict)
            // Gate rows that came since speak against it.
            if again.contains(where: { $0.outcome != .inconclusive }) { continue }
            guard let version = try context.versionID(of: run) else { continue }
            let chain = try members(of: run, above: served, context)
            guard try chain.allSatisfy({ try isWhole($0, context) }) else { continue }
            let record = context.layout.versionRecord(pipeline, version)
            return try UnprovenChain(
                head: run, version: version,
                isMade: context.ledger.version(version) != nil && FileManager.default.fileExists(atPath: record),
                length: chain.count, again: again)
        }
        return nil
    }

    /// What the next run goes on from: the newest model, unless so many were gone on from already.
    package func start(most: Int, base: BaseID, _ context: StageContext) throws -> ModelVersion? {
        guard length <= most, isMade, head.base == base else { return nil }
        return try context.ledger.version(version)
    }

    /// What the next run goes on from, in words: `goes on from v-…, which is not served (unproven, 2 of 5)`.
    package func inWords(most: Int) -> String {
        "goes on from \(version), which is not served (unproven, \(length) of \(most))"
    }

    /// Gate rows that the newest model was last judged on.
    package func judgedRows(_ context: StageContext) throws -> Int {
        let runs = try context.ledger.runs(pipeline: head.pipeline, limit: Self.runsAtMost)
        let last = runs.first { $0.judgesAgain == head.id && $0.verdict != nil } ?? head
        return try context.ledger.snapshot(last.snapshot)?.rows[.gate] ?? 0
    }

    /// Whether a run says something of the pipeline's own course.
    private static func isOfTheStream(_ run: Run) -> Bool {
        run.purpose != .trial && run.job == nil && run.foreign == nil
    }

    /// The runs between what is served and the next, the newest first.
    private static func members(of head: Run, above served: VersionID?, _ context: StageContext) throws -> [Run] {
        var chain = [head]
        while let last = chain.last, last.mode != .fromBase, let parent = last.parent, parent != served,
            chain.count < runsAtMost,
            let run = try context.ledger.version(parent).flatMap({ try context.ledger.run($0.run) })
        { chain.append(run) }
        return chain
    }

    /// Whether every drop that a run learnt is still there.
    private static func isWhole(_ run: Run, _ context: StageContext) throws -> Bool {
        let trained = try context.ledger.snapshot(run.snapshot)?.trained ?? run.drops
        return try trained.allSatisfy { try context.ledger.drop($0)?.state == .stored }
    }
}
