/// One thing to try after a run that did not pass.
package struct Advice: Codable, Hashable, Sendable {
    /// `more_data`, `lower_learning_rate`, `higher_learning_rate`, `more_regularisation`, `replay`, `from_base`,
    /// `more_gate_rows`, `longer_answers`, `nothing_to_gain`, `train_longer`, `check`.
    package var action: String
    package var reason: String
    package var figures: [String: Double]
    package init(action: String, reason: String, figures: [String: Double] = [:]) {
        self.action = action
        self.reason = reason
        self.figures = figures
    }
}
