import Contracts
import Foundation
import Ledger

/// The per-example records of a run's evaluation, read back.
package enum RunExamples {
    /// By model: `candidate`, `served`, `base`. Throws a Failure where a model's scores are not there.
    package static func all(_ run: Run, _ context: StageContext) throws -> [String: [ExampleRecord]] {
        let setup = try GateModels.setup(run, context)
        var result: [String: [ExampleRecord]] = [:]
        for (name, reference) in try GateModels.all(run, context) {
            guard let evaluation = try context.ledger.evaluation(model: GateModels.digest(reference), set: setup.digest, settings: setup.settings) else {
                throw missing(run)
            }
            result[name] = try records(evaluation.examples.path)
        }
        return result
    }

    package static func missing(_ run: Run) -> Failure {
        Failure(
            code: "gating.scores_missing", "The scores of run \(run.id) are not complete: what is served or configured changed while it was evaluated.",
            at: run.id.rawValue, remedy: "Queue a new run with `ftctl run \(run.pipeline)`.")
    }

    /// Reads JSON lines of records.
    package static func records(_ path: String) throws -> [ExampleRecord] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(code: "gating.scores_missing", "The scores are not there any more.", at: path, remedy: "Queue a new run.")
        }
        return try data.split(separator: 10).map { try ContractCoding.decode(ExampleRecord.self, from: Data($0)) }
    }
}
