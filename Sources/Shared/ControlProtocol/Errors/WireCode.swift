import Nouns

/// What OpenAI calls our failures, where its clients look for a name.
enum WireCode {
    private static let names = [
        "model.unknown": "model_not_found", "model.removed": "model_not_found",
        "request.context": "context_length_exceeded",
        "request.unsupported_value": "unsupported_value", "request.unsupported_parameter": "unsupported_parameter",
        "request.idempotency": "idempotency_error",
        "serving.full": "rate_limit_exceeded", "serving.stopping": "server_is_overloaded",
        "daemon.busy": "server_is_overloaded", "token.invalid": "invalid_api_key", "token.missing": "invalid_api_key",
    ]

    static func name(_ code: String) -> String { names[code] ?? code }

    /// The field of the request that is at fault.
    static func field(_ failure: Failure) -> String? {
        if failure.code.hasPrefix("model.") { return "model" }
        guard failure.code.hasPrefix("request."), failure.code != "request.method" else { return nil }
        return failure.place
    }
}
