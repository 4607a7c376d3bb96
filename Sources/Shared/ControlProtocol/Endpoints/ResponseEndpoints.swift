/// OpenAI's newer route to answers.
package enum ResponseEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, ResponseBody, WireAnswer<ResponseObject>>(
        wire: "responses.create", .post, "/v1/responses",
        "Answers as chat does, with the same tokens, whole or as a stream; nothing is kept.", access: .use)

    static let all = [create.description]
}
