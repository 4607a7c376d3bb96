/// What can be wrong with a job once it was made; each names the file that is at fault.
package enum JobFault {
    /// Rows that a file has at least.
    package static let leastRows = 10

    /// - Parameters:
    ///   - file: nil where it is not known any more.
    ///   - isTraining: whether it is what is learnt, rather than what chooses.
    package static func data(_ file: Job.File?, _ message: String, isTraining: Bool = true, remedy: String? = nil)
        -> Failure
    {
        Failure(
            code: isTraining ? "job.training_file" : "job.validation_file",
            (file.map { "\($0.name) (\($0.id)): " } ?? "") + message,
            at: isTraining ? "training_file" : "validation_file",
            remedy: remedy ?? "Mend the file, send it again, and make another job of it.")
    }

    /// What is said of a file that was deleted before its job began.
    package static func deleted(_ file: Job.File, isTraining: Bool) -> Failure {
        data(
            file, "It was deleted before the job began.", isTraining: isTraining,
            remedy: "Send the file again, and make another job of it.")
    }

    /// What a report says against learning from a file; nil where nothing does.
    package static func of(_ report: IntakeReport, _ file: Job.File, isTraining: Bool) -> Failure? {
        if let whole = report.quarantined, report.problems.isEmpty {
            return data(file, whole.message, isTraining: isTraining, remedy: whole.remedy)
        }
        if let problem = report.problems.first(where: { $0.severity == .error }) {
            let more = report.rowsRejected > 1 ? " \(report.rowsRejected) rows are bad in all." : ""
            return data(
                file, "line \(problem.line): \(problem.message)\(more)", isTraining: isTraining, remedy: problem.fix)
        }
        if report.rowsRejected > 0 || report.quarantined != nil {
            return data(
                file, report.quarantined?.message ?? "\(report.rowsRejected) rows are bad.", isTraining: isTraining)
        }
        guard isTraining, report.rowsRead < leastRows else { return nil }
        let rows = report.rowsRead == 1 ? "1 row" : "\(report.rowsRead) rows"
        return data(
            file, "It has \(rows), and a job takes \(leastRows) at least.",
            remedy: "Add rows, and make another job of it.")
    }
}
