import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Nouns
import Operations
import Platform

/// A request that makes something and has an `Idempotency-Key`: it is carried out once, however often it comes.
struct OnceOnly: Sendable {
    private let repetitions: Repetitions
    private let key: String
    private let target: String
    private let endpoint: EndpointDescription
    private let kind: EndpointDescription.Repetition

    /// Nil where the request has no such key, or makes nothing.
    init?(_ repetitions: Repetitions, _ request: Request, _ endpoint: EndpointDescription) {
        guard let kind = endpoint.repetition, let name = HTTPField.Name("Idempotency-Key"),
            let key = request.headers[name]
        else { return nil }
        self.repetitions = repetitions
        self.key = key
        self.endpoint = endpoint
        self.kind = kind
        target = "\(request.method.rawValue) \(request.uri.string)"
    }

    func response(
        _ incoming: Routes.Incoming, _ answer: @escaping @Sendable (Routes.Incoming) async throws -> Outgoing
    ) async throws -> Response {
        var incoming = incoming
        var asked = Data(target.utf8)
        if case .json = kind {
            let buffer = try await BodyReader.buffer(incoming.body)
            asked += Data(buffer.readableBytesView)
            incoming.body = RequestBody(buffer: buffer)
        }
        let whole = incoming
        let data = try await repetitions.once(
            key, who: incoming.principal.owner, request: Digest.sha256(asked), form: isForm,
            isRepeatable: isRepeatable
        ) {
            guard case .json(let value) = try await answer(whole) else {
                throw Failure(code: "internal", "What makes something answers with JSON.", at: endpoint.name)
            }
            return try ContractCoding.encode(value)
        }
        return Outgoing.json(data)
    }

    private var isForm: Bool { if case .form = kind { true } else { false } }

    private var isRepeatable: Bool {
        switch kind {
        case .form: true
        case .json(let isRepeatable): isRepeatable
        }
    }
}
