/// How many tokens a request took, in the words of OpenAI's newer routes.
package struct ResponseUsage: Codable, Hashable, Sendable {
    package struct InputDetails: Codable, Hashable, Sendable {
        /// Tokens of the input that were not computed again.
        package var cached_tokens: Int
        package var cache_write_tokens = 0
    }

    package struct OutputDetails: Codable, Hashable, Sendable {
        package var reasoning_tokens = 0
    }

    package var input_tokens: Int
    package var input_tokens_details: InputDetails
    /// Without the token that ends the turn.
    package var output_tokens: Int
    package var output_tokens_details = OutputDetails()
    package var total_tokens: Int

    package init(input: Int, cached: Int, output: Int) {
        input_tokens = input
        input_tokens_details = InputDetails(cached_tokens: cached)
        output_tokens = output
        total_tokens = input + output
    }
}
