import Nouns

/// The body of every error answer, of the control API and of OpenAI's routes alike.
package struct ErrorAnswer: Codable, Hashable, Sendable {
    /// What is wrong: a Failure with the words that OpenAI's clients look for.
    package struct Fault: Codable, Hashable, Sendable {
        package var message: String
        /// OpenAI's kind of error, such as `invalid_request_error`; it follows from the status.
        package var type: String
        /// The field of the request that is at fault, such as `messages[2].content`.
        @OrNull package var param: String?
        package var code: String
        @OrNull package var place: String?
        @OrNull package var remedy: String?
        @OrNull package var cause: String?
    }

    package var error: Fault

    /// - Parameter dialect: OpenAI's clients show the message alone, which therefore holds the remedy for them, and
    ///   know some codes by other names.
    package init(_ failure: Failure, dialect: APIDialect = .control) {
        let isWire = dialect == .openAI
        let status = ErrorStatus(failure.code)
        error = Fault(
            message: isWire ? [failure.message, failure.remedy ?? ""].joined(separator: " ").trimmed : failure.message,
            type: status.type, code: isWire ? WireCode.name(failure.code) : failure.code)
        error.param = WireCode.field(failure)
        error.place = failure.place
        error.remedy = failure.remedy
        error.cause = failure.cause
    }

    /// The failure that it tells of, with the remedy in its own place alone.
    package var failure: Failure {
        let end = error.remedy.map { " " + $0 } ?? ""
        let message = error.message.hasSuffix(end) ? String(error.message.dropLast(end.count)) : error.message
        return Failure(code: error.code, message, at: error.place, remedy: error.remedy, cause: error.cause)
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
