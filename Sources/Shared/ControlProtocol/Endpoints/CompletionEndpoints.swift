/// OpenAI's text completions.
package enum CompletionEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, CompletionBody, WireAnswer<TextCompletion>>(
        wire: "completions.create", .post, "/v1/completions",
        "Lets texts go on as they are, or scores them: `echo` with `max_tokens` 0 draws nothing.", access: .use)

    static let all = [create.description]
}
