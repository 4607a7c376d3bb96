import Foundation
import Nouns

/// Everything that the report of one run shows; the JSON report is this value.
package struct ReportData: Codable, Hashable, Sendable {
    package var run: Run
    /// Optimizer steps and validations, in order.
    package var steps: [StepReport]
    package var validations: [ValidationReport]
    /// Rows that were right before and are wrong now, and the other way round; and those with the highest loss.
    package var regressions: [ExampleComparison]
    package var fixes: [ExampleComparison]
    package var worst: [ExampleComparison]
    /// What people said of the answers of the version that the run became; nil where nobody has rated any.
    package var feedback: FeedbackShare?
    /// Rows that are answered wrongly, those whose answers were cut first.
    package var wrong: [ExampleComparison]?
    /// How what was served did on the run's drops before they were learnt.
    package var newRows: [AnsweredDrop]?
    /// How the baseline, and the version that the run became, did on rows that came after each was chosen: what their
    /// figures on gate rows, which chose them, are to be held against.
    package var sinceChosen: [VersionID: NewRowsFigure]?
    /// Where the run's base was fetched from; nil where it came from a path or a package.
    package var baseSource: BaseSource?

    /// Makes the data of a report; parts that are not there are left out of it.
    package init(
        run: Run, steps: [StepReport] = [], validations: [ValidationReport] = [], regressions: [ExampleComparison] = [],
        fixes: [ExampleComparison] = [], worst: [ExampleComparison] = [], wrong: [ExampleComparison]? = nil,
        feedback: FeedbackShare? = nil
    ) {
        self.run = run
        self.steps = steps
        self.validations = validations
        self.regressions = regressions
        self.fixes = fixes
        self.worst = worst
        self.feedback = feedback
        self.wrong = wrong
    }

    /// The report as JSON for programs.
    package func json() throws -> Data { try ContractCoding.pretty(self) }
}
