/// Classification without generating.
package enum DecisionEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, DecisionBody, DecisionAnswers>(
        wire: "decisions.create", .post, "/v1/decisions",
        "Chooses among given answers by how likely the model is to give each, whole; nothing is generated.",
        endsWithReader: true, access: .use)

    static let all = [create.description]
}
