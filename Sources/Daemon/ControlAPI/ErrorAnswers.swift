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
    static func waiting(_ failure: Failure) -> Response { answer(failure, .serviceUnavailable) }

    /// What somebody gets who is one too many, as it is sent.
    static let tooMany: [UInt8] = {
        let failure = Failure(
            code: "daemon.busy", "Too many connections to the daemon are open.",
            remedy: "Ask again in a moment; close those that wait for nothing.")
        let body = (try? ContractCoding.encode(ErrorAnswer(error: failure))) ?? Data()
        let head = [
            "HTTP/1.1 503 Service Unavailable", "Content-Type: application/json", "Content-Length: \(body.count)",
            "Connection: close", "", "",
        ]
        return Array(head.joined(separator: "\r\n").utf8) + Array(body)
    }()

    static func response(_ error: any Error) -> Response {
        switch error {
        case RoutingFault.path(let path, let similar):
            return answer(
                Failure(
                    code: "request.unknown_route", "There is no \(path).", at: path,
                    remedy: "There is \(similar.joined(separator: ", ")); the client may be of another version."),
                .notFound)
        case RoutingFault.method(let method, let path, let allowed):
            return answer(
                Failure(
                    code: "request.method", "\(method) is not possible on \(path).", at: path,
                    remedy: "Use \(allowed.joined(separator: " or "))."),
                .methodNotAllowed, headers: [.allow: allowed.joined(separator: ", ")])
        case is CancellationError:
            return answer(
                Failure(
                    code: "daemon.stopping", "The daemon is stopping.", remedy: "Ask again when it runs."),
                .serviceUnavailable)
        default:
            let failure = StageContext.failure(error, code: "internal")
            return answer(failure, status(failure.code))
        }
    }

    private static func answer(_ failure: Failure, _ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Response
    {
        // A Failure is text in fields: it always becomes JSON. Where it does not, the status alone says that it failed.
        (try? Outgoing.json(ErrorAnswer(error: failure), status: status, headers: headers)) ?? Response(status: status)
    }

    private static let conflicts: Set<String> = [
        "run.transition", "base.in_use", "base.exists", "promotion.not_passed", "pipeline.busy",
        "pipeline.configured", "pipeline.exists", "drop.in_use",
    ]

    /// The status of a failure: what the client can do about it, by the code's kind.
    static func status(_ code: String) -> HTTPResponse.Status {
        if code == "internal" { return .internalServerError }
        if code == "request.too_large" { return .contentTooLarge }
        if code.hasSuffix(".unknown") || code == "model.removed" { return .notFound }
        if code == "serving.full" { return .tooManyRequests }
        if code.hasPrefix("serving.") { return .serviceUnavailable }
        if code == "daemon.busy" || code == "memory.low" { return .serviceUnavailable }
        if conflicts.contains(code) { return .conflict }
        if ["files.limit", "ledger.busy", "ledger.io"].contains(code) { return .serviceUnavailable }
        if code.hasPrefix("disk.") { return .init(code: 507, reasonPhrase: "Insufficient Storage") }
        return .badRequest
    }
}
