import Foundation
import Nouns
import StageKit
import WorkerProtocol

/// What was trained by the end of an epoch, by name: `ft:<base>:local:<pipeline>:<run or 8 hex>:ckpt-step-<step>`.
extension ServingNames {
    private static let prefix = "ckpt-step-"

    /// The name of what a run had trained by a step. It begins with the run, which has no version before it is trained.
    package static func name(of run: Run, step: Int) -> String {
        name(base: run.base, run.pipeline, run.id.rawValue) + ":\(prefix)\(step)"
    }

    /// The step that the last part of a name means; nil where it means none.
    static func step(_ part: String) -> Int? {
        part.hasPrefix(prefix) ? Int(part.dropFirst(prefix.count)) : nil
    }

    /// The checkpoints of a pipeline's jobs whose files are there, the newest run first.
    package func checkpoints(_ pipeline: PipelineName) throws -> [(run: Run, record: EpochRecord)] {
        try context.ledger.keptRuns(pipeline).filter { try $0.job != nil && sight.sees($0) }.flatMap { run in
            EpochRecord.all(in: context.layout.run(run.id)).map { (run, $0) }
        }
    }

    /// What a run had trained by a step. Throws a Failure: `model.unknown`, `model.removed`.
    func checkpoint(_ run: Run, step: Int, _ name: String) throws -> ServingTarget {
        guard try sight.sees(run) else { throw unknown(name) }
        guard let record = EpochRecord.all(in: context.layout.run(run.id)).first(where: { $0.step == step }) else {
            guard run.job != nil, run.state.isUnderWay == false else { throw unknown(name) }
            throw Failure(
                code: "model.removed", "The run \(run.id) keeps no checkpoint of step \(step).", at: name,
                remedy: "Ask one that GET /v1/models lists: the last three and the best stay, as long as there is room."
            )
        }
        let adapter = AdapterReference(path: context.layout.epoch(run.id, step: step), sha256: record.sha256)
        let stack = try context.stack(of: run).topped(by: adapter)
        var target = ServingTarget(
            model: context.modelReference(try context.requireBase(run.base), adapters: stack, recipe: run.recipe),
            run: run.id,
            name: Self.name(of: run, step: step))
        target.checkpoint = adapter.path
        return target
    }
}
