import Foundation
import Judged
import Ledger
import Nouns
import Platform
import StageKit
import WorkerProtocol

extension RunRequests {
    /// The training rows that the computing of a base's states may cost.
    private static let statesRows = 2000

    /// What fits the simplest alternatives to every training row that the candidate's lineage learnt, and asks them of
    /// the gate rows; with a digest of all that their answers depend on. Nil where the rows have no classes, or no
    /// answers of models are to be compared with.
    static func yardstick(_ run: Run, _ context: StageContext) throws -> (request: WorkerRequest, inputs: String)? {
        guard let snapshot = try context.ledger.snapshot(run.snapshot), snapshot.labels?.count ?? 0 > 1,
            let asked = snapshot.files[.gate], !asked.isEmpty
        else { return nil }
        let gates = try FrozenSettings.of(run, context).gates
        guard gates.maxNewTokens != 0 else { return nil }
        let card = try context.requireBase(run.base)
        var task = YardstickTask(
            model: context.modelReference(card, recipe: run.recipe), train: try learnt(run, snapshot, context),
            withdrawn: try context.ledger.drops(in: .revoked, pipeline: run.pipeline).map(\.id), asked: asked,
            limit: gates.maximumRows > 0 ? gates.maximumRows : nil,
            // What the worker does not compute with has no states here.
            statesRows: card.isForEngines == true ? 0 : statesRows,
            maxLength: run.recipe.longest(in: card.contextLength))
        let parts: [String] =
            [GateModels.digest(task.model), "\(task.limit ?? 0) \(task.maxLength)"] + task.withdrawn.map(\.rawValue)
            + task.train.map(\.sha256) + ["asked"] + asked.map(\.sha256)
        task.states = try states(run, context)
        return (
            request("\(run.id)-yardstick", context.layout.yardstick(run.id), .yardstick(task), context),
            Digest.sha256(Data(parts.joined(separator: "\n").utf8))
        )
    }

    /// The training files of the run's snapshot and of those that the version it goes on from was made from, as far as
    /// they are kept, each once.
    private static func learnt(_ run: Run, _ snapshot: Snapshot, _ context: StageContext) throws -> [FileReference] {
        var files = snapshot.files[.train] ?? []
        if run.mode != .fromBase, let parent = run.parent {
            for link in try context.ledger.lineage(parent) {
                files += try context.ledger.snapshot(link.run.snapshot)?.files[.train] ?? []
            }
        }
        var seen: Set<String> = []
        return files.filter { seen.insert($0.sha256).inserted && FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The states that the newest run of the pipeline left; the worker takes of them what is of the same base.
    private static func states(_ run: Run, _ context: StageContext) throws -> FileReference? {
        try context.ledger.runs(pipeline: run.pipeline, limit: 20).lazy.compactMap(\.yardstick?.states).first {
            FileManager.default.fileExists(atPath: $0.path)
        }
    }
}
