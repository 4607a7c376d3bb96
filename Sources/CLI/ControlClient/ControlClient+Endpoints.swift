import ControlProtocol
import Foundation

/// The control API by its endpoints: `try await client.send(.runs.show("r-000042"))`.
///
/// Every call throws the daemon's Failure, or one that says why the daemon does not answer.
extension ControlClient {
    /// Asks and decodes the answer.
    package func send<Body: Encodable, Answer: Decodable>(_ request: ControlRequest<Body, Answer>) async throws
        -> Answer
    {
        let client = asking(request.endpoint.weight)
        return switch request.endpoint.method {
        case .get, .head, .put: try await client.get(Answer.self, request.path, request.query)
        case .post: try await client.post(Answer.self, request.path, request.body)
        case .delete: try await client.delete(Answer.self, request.path)
        }
    }

    /// Asks for a text, as the bytes of a file.
    package func send<Answer: TextAnswer>(_ request: ControlRequest<NoBody, Answer>) async throws -> Data {
        try await asking(request.endpoint.weight).data(request.path, request.query)
    }

    /// Asks and gives each line of the answer as it comes, until `body` says no.
    package func lines<Element>(
        _ request: ControlRequest<NoBody, Lines<Element>>, _ body: (Element) throws -> Bool
    ) async throws {
        try await asking(request.endpoint.weight).lines(Element.self, request.path, request.query, body)
    }

    /// Asks for rows or a file and gives the bytes piece by piece as they come.
    package func pieces<Answer: PiecedAnswer>(
        _ request: ControlRequest<NoBody, Answer>, _ body: (Data) throws -> Void
    ) async throws {
        try await asking(request.endpoint.weight).pieces(request.path, request.query, body)
    }

    /// Sends a file, read as it is sent; `progress` gets the bytes sent so far.
    package func upload(
        _ request: ControlRequest<FileBody, UploadedAnswer>, file: String,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        try await asking(request.endpoint.weight).put(request.path, file: file, progress: progress)
    }

    /// Sends a part of a file; gives what of the file is on the daemon's disk for good.
    package func upload(_ request: ControlRequest<FileBody, UploadedAnswer>, part: Data) async throws -> Int {
        try await asking(request.endpoint.weight).put(request.path, request.query, part, UploadedAnswer.self).bytes
    }
}
