extension SchedulingRules {
    /// By how much the gate rows must have grown since a model was last judged before it is judged again: each try
    /// costs some of the permitted error, so that their number is to grow with the logarithm of the rows only.
    static let growth = 0.1

    /// Whether the newest model that the gates could not decide on is to be judged again, without training.
    ///
    /// - Parameters:
    ///   - judged: gate rows that it was last judged on.
    ///   - now: gate rows that there are.
    static func judgesAgain(judged: Int, now: Int) -> Bool {
        now > judged && Double(now - judged) >= Double(judged) * growth
    }
}
