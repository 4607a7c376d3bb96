import Nouns

/// A grader that may be used, as it was sent.
package struct ValidGrader: Codable, Hashable, Sendable {
    package var grader: JSONValue
    package init(_ grader: JSONValue) { self.grader = grader }
}

/// How a grader judged an answer, as OpenAI's clients read it.
package struct GraderVerdict: Codable, Hashable, Sendable {
    package struct Metadata: Codable, Hashable, Sendable {
        package var name: String
        package var type: String
        /// In seconds.
        package var execution_time: Double
        /// What each grader gave, by name.
        package var scores: [String: Double]
        package var errors: GraderErrors
    }

    /// From 0 to 1, or what a formula gives; 0 where the answer could not be judged, which `errors` then says.
    package var reward: Double
    /// What the parts of a `multi` gave.
    package var sub_rewards: [String: Double]
    /// Always empty: no grader here asks a model.
    package var model_grader_token_usage_per_model: [String: Int] = [:]
    package var metadata: Metadata

    package init(
        _ reward: Double?, parts: [String: Double], name: String, type: String, seconds: Double, errors: GraderErrors
    ) {
        self.reward = reward ?? 0
        sub_rewards = parts
        var scores = parts
        if let reward { scores[name] = reward }
        metadata = Metadata(name: name, type: type, execution_time: seconds, scores: scores, errors: errors)
    }
}

/// What kept a grader from judging an answer; those of models and of programs never occur here.
package struct GraderErrors: Codable, Hashable, Sendable {
    package var formula_parse_error = false
    /// A template names a field that the item lacks.
    package var invalid_variable_error = false
    package var model_grader_parse_error = false
    package var model_grader_refusal_error = false
    package var model_grader_server_error = false
    /// A formula gives no number.
    package var other_error = false
    package var python_grader_runtime_error = false
    package var python_grader_server_error = false
    /// A template names a member of the answer, which is no JSON or lacks it.
    package var sample_parse_error = false
    package var truncated_observation_error = false
    package var unresponsive_reward_error = false
    package init() {}
}
