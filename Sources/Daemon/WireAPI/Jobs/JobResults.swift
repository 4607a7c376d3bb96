import Foundation
import Nouns
import WorkerProtocol

/// The result file of a job: what each step measured, as a table.
enum JobResults {
    static let name = "step_metrics.csv"

    /// The identifier of the file that a job's results are kept under.
    static func id(of job: JobID) -> String { "file-" + job.rawValue.dropFirst("ftjob-".count) + "-results" }

    /// The table; nil where no step was measured.
    static func table(_ curves: TrainingCurves) -> String? {
        guard !curves.steps.isEmpty else { return nil }
        let validations = Dictionary(curves.validations.map { ($0.step, $0) }, uniquingKeysWith: { $1 })
        var lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        for step in curves.steps {
            let validation = validations[step.step]
            lines.append(
                [
                    "\(step.step)", "\(step.loss)", step.preference.map { "\($0.accuracy)" } ?? "",
                    validation.map { "\($0.loss)" } ?? "", validation.map { "\($0.tokenAccuracy)" } ?? "",
                ].joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
