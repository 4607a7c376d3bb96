import Foundation
import Ledger
import Nouns
import Platform
import StageKit

/// The per-example records of a run's evaluation, read back.
package enum RunExamples {
    /// By model: the records of all sets, in the order of their names, the gate set first.
    ///
    /// Throws a Failure (`gating.scores_missing`) where scores are not there.
    package static func all(_ run: Run, _ context: StageContext) throws -> [ModelRole: [ExampleRecord]] {
        guard let scores = run.scores else { throw missing(run) }
        return try scores.mapValues { model in
            try model.sets.keys.sorted().flatMap { set in
                guard let result = model.sets[set] else { return [ExampleRecord]() }
                return try records(result.examples.path)
            }
        }
    }

    package static func missing(_ run: Run) -> Failure {
        Failure(
            code: "gating.scores_missing",
            "The scores of run \(run.id) are not complete.", at: run.id.rawValue,
            remedy: "Queue a new run with `ftctl run \(run.pipeline)`.")
    }

    /// Reads JSON lines of records. Throws a Failure (`gating.scores_missing`), a DecodingError, a FileFailure where
    /// the machine does not let them be read, or a CancellationError where the task is cancelled.
    package static func records(_ path: String) throws -> [ExampleRecord] {
        let data: Data
        do { data = try WholeFile.read(path) } catch let failure as FileFailure where failure.number == ENOENT {
            throw Failure(
                code: "gating.scores_missing", "The scores are not there any more.", at: path,
                remedy: "Queue a new run.")
        }
        return try data.split(separator: 10).map { line in
            Pulse.beat()
            try Task.checkCancellation()
            return try ContractCoding.decode(ExampleRecord.self, from: Data(line))
        }
    }
}
