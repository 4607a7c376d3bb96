import Foundation

/// How the version that was served when a drop came did on rows of it, before anything learnt them (prequential
/// evaluation; Gama, Sebastião and Rodrigues 2013, "On evaluating stream learning algorithms").
package struct DropAnswers: Codable, Hashable, Sendable {
    /// The version that answered.
    package var version: VersionID
    package var at: Date
    /// What counted as right; nil where the pipeline has no metric that is a share of right answers.
    package var metric: MetricKey?
    /// Rows that were asked, and how many of them were answered rightly.
    package var asked: Int
    package var right: Int
    /// The rows on the training side that were answered rightly and have a class that the version knows: nothing is
    /// to be learnt of them.
    package var known: Int
    /// The mean loss of a labelled token, in nats.
    package var loss: Double?
    /// Why nothing was asked.
    package var note: String?

    package init(
        version: VersionID, at: Date, metric: MetricKey? = nil, asked: Int = 0, right: Int = 0, known: Int = 0,
        loss: Double? = nil, note: String? = nil
    ) {
        self.version = version
        self.at = at
        self.metric = metric
        self.asked = asked
        self.right = right
        self.known = known
        self.loss = loss
        self.note = note
    }

    /// The share of right answers; nil where none can be right.
    package var share: Double? { metric != nil && asked > 0 ? Double(right) / Double(asked) : nil }
}
