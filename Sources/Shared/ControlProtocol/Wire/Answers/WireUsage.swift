/// How many tokens a request took.
package struct WireUsage: Codable, Hashable, Sendable {
    package struct PromptDetails: Codable, Hashable, Sendable {
        /// Tokens of the prompt that were not computed again.
        package var cached_tokens: Int
    }

    /// The prompt counts once, however many answers are drawn.
    package var prompt_tokens: Int
    /// Without the tokens that end a turn.
    package var completion_tokens: Int
    package var total_tokens: Int
    package var prompt_tokens_details: PromptDetails

    package init(prompt: Int, cached: Int, completion: Int) {
        prompt_tokens = prompt
        completion_tokens = completion
        total_tokens = prompt + completion
        prompt_tokens_details = PromptDetails(cached_tokens: cached)
    }
}
