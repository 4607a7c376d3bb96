import Nouns

extension PipelineSettings {
    /// The keys of `[feedback]`.
    static let feedbackKeys: [SettingsKey<PipelineSettings>] = [
        .choice(
            "feedback.record", \.feedback.record,
            """
            Which answers are kept for ratings: those of requests with `store: true`, those of all but of requests \
            with `store: false`, or none.
            """),
        .whole("feedback.days", \.feedback.days, in: 1...3650, "Days for which an answer is kept."),
        .text(
            "feedback.bytes", default: "\"256M\"",
            "Most that the kept answers may take, such as \"256M\"; the oldest go first.",
            read: { String($0.feedback.bytes) }
        ) {
            guard let bytes = DaemonSettings.bytes($1), bytes >= 1 << 20 else { return "a size of at least \"1M\"" }
            $0.feedback.bytes = bytes
            return nil
        },
        .flag("feedback.approved", \.feedback.approved, "Learn from answers that are rated good, as they are."),
        .number(
            "feedback.settle", \.feedback.settleSeconds, in: 0...31_536_000,
            "Seconds that the oldest rating waits for others before they become a drop."),
        .flag(
            "feedback.single_rater", \.feedback.singleRater,
            "Promote a run on the ratings of one person alone by itself, too."),
    ]
}
