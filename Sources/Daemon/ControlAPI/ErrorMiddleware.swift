import ControlProtocol
import Foundation
import Hummingbird
import Nouns

/// Turns every error into the one body that clients expect, with a status that fits its code.
struct ErrorMiddleware: RouterMiddleware {
    func handle(_ request: Request, context: ControlContext, next: (Request, ControlContext) async throws -> Response)
        async throws -> Response
    {
        do {
            return try await next(request, context)
        } catch let failure as Failure {
            return try JSON.answer(ErrorAnswer(error: failure), status: status(failure.code))
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return try JSON.answer(
                ErrorAnswer(
                    error: Failure(
                        code: "request.unknown_route", "There is no \(request.method) \(request.uri.path).",
                        remedy: "The client and the daemon may be of different versions.")),
                status: .notFound)
        } catch let error as DecodingError {
            return try JSON.answer(
                ErrorAnswer(
                    error: Failure(
                        code: "request.body", "The request's body cannot be read.",
                        remedy: "Send the JSON that the route takes.", cause: "\(error)")),
                status: .badRequest)
        } catch {
            return try JSON.answer(
                ErrorAnswer(error: Failure(code: "internal", "\(error)", remedy: "See the journal around this time.")),
                status: .internalServerError)
        }
    }

    private func status(_ code: String) -> HTTPResponse.Status {
        if code.hasSuffix(".unknown") { return .notFound }
        if ["run.transition", "base.in_use", "base.exists", "promotion.not_passed", "pipeline.busy"].contains(code) {
            return .conflict
        }
        if code.hasPrefix("disk.") { return .init(code: 507) }
        return .badRequest
    }
}

/// Bodies as JSON.
enum JSON {
    static func answer(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        return Response(
            status: status, headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: try ContractCoding.encode(value))))
    }

    /// A body that is text of another kind.
    static func text(_ text: String, _ type: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func body<T: Decodable>(_ type: T.Type, _ request: Request) async throws -> T {
        let buffer = try await request.body.collect(upTo: 16 << 20)
        return try ContractCoding.decode(type, from: Data(buffer.readableBytesView))
    }
}
