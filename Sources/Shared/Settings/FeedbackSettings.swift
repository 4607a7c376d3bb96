/// `[feedback]`: what is kept of answers, and what is learnt from what people say of them.
package struct FeedbackSettings: Codable, Hashable, Sendable {
    package enum Record: String, Codable, Hashable, Sendable, CaseIterable { case none, asked, all }

    package var record = Record.asked
    /// Days for which a completion is kept.
    package var days = 30
    /// Most that the completions of the pipeline may take, in bytes; the oldest go first.
    package var bytes = 256 << 20
    /// Whether answers that are rated good become rows as they are.
    package var approved = false
    /// Seconds that the oldest rating waits for others before they become a drop.
    package var settleSeconds = 3600.0
    /// Whether a run on the ratings of one person alone promotes by itself.
    package var singleRater = false
    package init() {}
}
