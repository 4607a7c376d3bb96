import ControlProtocol

extension FeedbackShare {
    /// What it says, in words.
    package var sentence: String {
        let percent = { (share: Double) in Quantity.number(share * 100) }
        return """
            \(good) good, \(bad) bad: \(percent(badShare)) % bad, between \(percent(lower)) % and \
            \(percent(upper)) % whenever one looks
            """
    }
}
