import Foundation
import Judged
import Launching
import Ledger
import Nouns
import Platform
import Settings
import StageKit
import WorkerProtocol

/// What is done with a trained model before it can be judged.
extension SupervisionService {
    /// Writes the candidate in every format to be delivered, so the verdict is about the bytes that will be served.
    /// Returns the run with them.
    ///
    /// A format that cannot be written is recorded with the reason, and fails its gate; a worker that dies ends the
    /// stage, to be tried again.
    func writeArtefacts(_ run: Run) async throws -> Run {
        let formats = try FrozenSettings.of(run, context).exports
        var run = run
        for format in formats {
            let known = run.artefacts?.first { $0.format == format }
            if let known, known.failure == nil, FileManager.default.fileExists(atPath: known.path) { continue }
            let request = try RunRequests.export(run, format, context)
            var artefact = Artefact(
                format: format, written: try RunRequests.written(format, run, context),
                path: request.directory + "/export")
            do {
                progress(run, "is exported as \(format.rawValue)")
                let result = try await start(request, run)
                artefact.files = result.files ?? []
                artefact.figures = result.figures ?? [:]
            } catch WorkerEnd.failed(let failure) {
                artefact.failure = failure
            }
            run.artefacts = (run.artefacts ?? []).filter { $0.format != format } + [artefact]
            let artefacts = run.artefacts
            try await record(run.id) { try context.ledger.amend(run.id) { $0.artefacts = artefacts } }
        }
        // What is not to be delivered is not judged.
        run.artefacts = run.artefacts?.filter { formats.contains($0.format) }
        let artefacts = run.artefacts
        try await record(run.id) { try context.ledger.amend(run.id) { $0.artefacts = artefacts } }
        return run
    }

    /// Scores every model on every set; what was scored before is not scored again.
    func score(_ run: Run) async throws -> [ModelRole: ModelScores] {
        var scores: [ModelRole: ModelScores] = [:]
        for evaluation in try RunRequests.evaluations(run, context) {
            var model = ModelScores(model: evaluation.model, sets: evaluation.known)
            if let request = evaluation.request {
                let sets = evaluation.missing.map(\.set.name.rawValue).joined(separator: ", ")
                progress(run, "has \(evaluation.role.inWords) answer \(sets)")
                let result = try await evaluated(request, run)
                for set in evaluation.missing {
                    guard let evaluated = result.evaluations?[set.set.name] else {
                        throw WorkerEnd.failed(
                            Failure(
                                code: "worker.no_result", "The worker gave no scores of the set '\(set.set.name)'.",
                                at: request.directory,
                                remedy: "Check that finetune-worker is of the same version as the daemon."))
                    }
                    try await record(run.id) {
                        try context.ledger.keep(
                            evaluated, model: evaluation.model, set: set.digest, settings: set.settings)
                    }
                    model.sets[set.set.name] = evaluated
                }
            }
            scores[evaluation.role] = model
        }
        return scores
    }
}
