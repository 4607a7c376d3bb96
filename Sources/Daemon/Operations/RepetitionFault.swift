import Nouns

/// What a key that was used before can be wrong with.
enum RepetitionFault {
    static let another = Failure(
        code: "request.idempotency", "This Idempotency-Key came before with another request.",
        remedy: "Give each request a key of its own.")
}
