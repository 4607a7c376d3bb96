/// The HTTP status of a failure, by the kind of its code: what whoever asked can do about it.
package struct ErrorStatus: Hashable, Sendable {
    package let number: Int

    private static let conflicts: Set<String> = [
        "run.transition", "job.transition", "request.interrupted", "base.in_use", "base.exists", "upload.offset",
        "upload.busy", "promotion.not_passed",
        "pipeline.busy",
        "pipeline.configured", "pipeline.exists", "drop.in_use", "version.in_use", "tokens.exists",
    ]
    private static let unavailable: Set<String> = [
        "daemon.busy", "daemon.stopping", "daemon.unready", "memory.low", "files.limit", "ledger.busy", "ledger.io",
    ]

    /// - Parameter code: the stable code of a Failure.
    package init(_ code: String) {
        number =
            switch code {
            case "internal": 500
            case "request.too_large": 413
            case "request.head_too_large": 431
            case "request.method": 405
            case "serving.full": 429
            case "unknown_url", "model.removed", "completion.deleted", "completion.expired": 404
            case _ where code.hasSuffix(".unknown"): 404
            case _ where Self.conflicts.contains(code): 409
            case _ where code.hasPrefix("serving.") || Self.unavailable.contains(code): 503
            case _ where code.hasPrefix("disk."): 507
            case _ where code.hasPrefix("token."): 401
            case _ where code.hasPrefix("permission."): 403
            default: 400
            }
    }

    /// OpenAI's name for errors of this status.
    package var type: String {
        switch number {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// Whether a client does well to ask the same again, where its own rule by the status would be wrong.
    ///
    /// OpenAI's clients repeat 409, 429 and every 5xx: what is in a state that forbids it, and a full disk, stay
    /// as they are.
    package var shouldRetry: Bool? { number == 409 || number == 507 ? false : nil }

    /// Seconds after which it is worth asking again.
    package var retryAfter: Int? { number == 429 || number == 503 ? 1 : nil }
}
