/// OpenAI's conversations.
package enum ChatEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, ChatBody, WireAnswer<ChatCompletion>>(
        wire: "chat.create", .post, "/v1/chat/completions",
        "Answers a conversation, whole or as a stream; the model in the answer is the version that answered.",
        access: .use)

    static let all = [create.description]
}
