import ControlProtocol
import Foundation
import HummingbirdCore
import NIOCore
import Nouns

/// Reads the JSON of a request's body.
enum BodyReader {
    /// Bytes that a JSON body may have.
    static let limit = 16 << 20

    /// Throws a Failure: `request.too_large`, or `request.body` with the field at fault.
    static func json<Value: Decodable>(_ type: Value.Type, _ body: RequestBody, of endpoint: EndpointDescription)
        async throws -> Value
    {
        try await read(type, body, of: endpoint).value
    }

    /// The value, and the bytes that it was read from.
    static func read<Value: Decodable>(_ type: Value.Type, _ body: RequestBody, of endpoint: EndpointDescription)
        async throws -> (value: Value, text: Data)
    {
        let text = Data(try await buffer(body).readableBytesView)
        do { return (try ContractCoding.decode(type, from: text), text) } catch let error as DecodingError {
            throw failure(error, endpoint)
        }
    }

    /// The whole body. Throws a Failure (`request.too_large`).
    static func buffer(_ body: RequestBody) async throws -> ByteBuffer {
        do { return try await body.collect(upTo: limit) } catch is NIOTooManyBytesError { throw tooLarge }
    }

    /// Throws a Failure (`request.too_large`) where a body is announced that is too large, or that nobody reads: before
    /// it is waited for.
    static func requireFitting(_ length: String?, _ endpoint: EndpointDescription) throws {
        if case .bytes = endpoint.body { return }
        guard let length = length.flatMap({ Int($0) }), length > limit else { return }
        throw tooLarge
    }

    private static var tooLarge: Failure {
        Failure(
            code: "request.too_large", "The request's body is larger than \(limit >> 20) MiB.",
            remedy: "Send less at once; files go into an upload.")
    }

    private static func failure(_ error: DecodingError, _ endpoint: EndpointDescription) -> Failure {
        let (message, place, cause) = words(error)
        var remedy = "Send the JSON that the request takes."
        if case .json(let type) = endpoint.body { remedy = "Send the JSON of a \(type); docs/api.md names its fields." }
        return Failure(code: "request.body", message, at: place, remedy: remedy, cause: cause)
    }

    private static func words(_ error: DecodingError) -> (message: String, place: String?, cause: String?) {
        switch error {
        case .keyNotFound(let key, let context):
            let name = path(context.codingPath + [key])
            return ("The body has no field '\(name)'.", name, nil)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else {
                return ("The body is not the JSON that is wanted here.", nil, context.debugDescription)
            }
            let name = path(context.codingPath)
            return ("The field '\(name)' of the body has a value that it cannot have.", name, context.debugDescription)
        @unknown default: return ("The body cannot be read.", nil, "\(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}
