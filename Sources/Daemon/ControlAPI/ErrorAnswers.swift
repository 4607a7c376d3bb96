import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import Nouns
import StageKit

/// A path or method that there is not.
enum RoutingFault: Error {
    case path(String, _ similar: [String])
    case method(String, String, allowed: [String])
}

/// Turns every error into the one body that clients expect, with a status that fits its code.
enum ErrorAnswers {
    /// The answer of a daemon that waits for something before it can begin.
    static func waiting(_ failure: Failure) -> Response { answer(failure, .init(code: 503), .control) }

    static let tooManyConnections = Failure(
        code: "daemon.busy", "Too many connections to the daemon are open.",
        remedy: "Ask again in a moment; close those that wait for nothing.")

    /// What somebody gets who is one too many, as it is sent.
    static let tooMany: [UInt8] = {
        let body = (try? ContractCoding.encode(ErrorAnswer(tooManyConnections))) ?? Data()
        let head = [
            "HTTP/1.1 503 Service Unavailable", "Content-Type: application/json", "Content-Length: \(body.count)",
            "Retry-After: 1", "Connection: close", "", "",
        ]
        return Array(head.joined(separator: "\r\n").utf8) + Array(body)
    }()

    static func response(_ error: any Error, _ dialect: APIDialect = .control) -> Response {
        let failure = failure(error)
        var headers = HTTPFields()
        if case RoutingFault.method(_, _, let allowed) = error { headers[.allow] = allowed.joined(separator: ", ") }
        return answer(failure, .init(code: ErrorStatus(failure.code).number), dialect, headers: headers)
    }

    /// What an error says, in words for whoever asked.
    static func failure(_ error: any Error) -> Failure {
        switch error {
        case RoutingFault.path(let path, let similar):
            Failure(
                code: "unknown_url", "There is no \(path).", at: path,
                remedy: "There is \(similar.joined(separator: ", ")); the client may be of another version.")
        case RoutingFault.method(let method, let path, let allowed):
            Failure(
                code: "request.method", "\(method) is not possible on \(path).", at: path,
                remedy: "Use \(allowed.joined(separator: " or ")).")
        case is CancellationError:
            Failure(code: "daemon.stopping", "The daemon is stopping.", remedy: "Ask again when it runs.")
        default: StageContext.failure(error, code: "internal")
        }
    }

    private static func answer(
        _ failure: Failure, _ status: HTTPResponse.Status, _ dialect: APIDialect, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        let kind = ErrorStatus(failure.code)
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        if let usual = kind.retryAfter {
            headers[.retryAfter] = "\(failure.retryAfter ?? usual)"
        }
        if let shouldRetry = kind.shouldRetry, let name = HTTPField.Name("x-should-retry") {
            headers[name] = "\(shouldRetry)"
        }
        // A Failure is text in fields: it always becomes JSON. Where it does not, the status alone says that it failed.
        let body = ErrorAnswer(failure, dialect: dialect)
        return (try? Outgoing.json(body, status: status, headers: headers)) ?? Response(status: status)
    }
}
