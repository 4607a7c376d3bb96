import ControlProtocol
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Nouns
import OperationsScene
import StageKit
import Synchronization

@testable import ControlAPI

/// Asks the router as a client does, without a socket.
struct Ask: Sendable {
    private let router: ControlRouter
    /// Kept for as long as it is asked: the scene's folder goes away with it.
    private let scene: OperationsScene?
    /// Who asks.
    var principal = Principal(owner: "test:ada", name: "ada", role: .admin)

    /// Asks every operation of a scene.
    init(_ scene: OperationsScene) {
        router = ControlRouter(
            .all(scene.operations, scene.wire), ownership: scene.operations.ownership, threads: AnswerThreads(),
            repetitions: scene.operations.repetitions, audit: scene.operations.audit, meters: scene.context.meters)
        self.scene = scene
    }

    init(_ routes: Routes) {
        router = ControlRouter(routes, threads: AnswerThreads())
        scene = nil
    }

    struct Reply {
        var status: Int
        var headers: HTTPFields
        var body: Data
        var text: String { String(decoding: body, as: UTF8.self) }

        func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try ContractCoding.decode(type, from: body)
        }
        func failure() throws -> Failure { try decoded(ErrorAnswer.self).failure }
    }

    func callAsFunction(_ method: HTTPRequest.Method, _ path: String, _ body: String = "") async throws -> Reply {
        try await self(method, path, pieces: [ByteBuffer(string: body)])
    }

    func callAsFunction(_ method: HTTPRequest.Method, _ path: String, pieces: [ByteBuffer]) async throws -> Reply {
        let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: path)
        let stream = AsyncStream { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
        }
        let request = Request(head: head, body: RequestBody(asyncSequence: stream))
        let response = await router.respond(to: request, from: Caller(principal))
        let collector = Collector()
        try await response.body.write(collector)
        return Reply(status: response.status.code, headers: response.headers, body: collector.data)
    }

    /// What is answered to wrong bodies, one a line: status, code and field, and the sentence.
    func refusals(_ path: String, _ bodies: String) async throws -> String {
        var answers = ""
        for body in bodies.split(separator: "\n") {
            let reply = try await self(.post, path, String(body))
            let error = try reply.decoded(ErrorAnswer.self).error
            answers += "\(reply.status) \(error.code) \(error.param ?? "-")\n    \(error.message)\n"
        }
        return answers
    }

    private final class Collector: ResponseBodyWriter, Sendable {
        private let bytes = Mutex(Data())
        var data: Data { bytes.withLock { $0 } }
        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { $0.append(contentsOf: buffer.readableBytesView) }
        }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

extension EndpointDescription {
    /// A path of it that a request can have, with what chooses it, and its required parameters but for one.
    func example(without missing: String? = nil, adding extra: (name: String, value: String)? = nil) -> String {
        var items: [String] = []
        if let choice, !choice.isDefault { items.append("\(choice.parameter)=\(choice.value)") }
        for parameter in parameters where parameter.isRequired && parameter.name != missing {
            if parameter.name != extra?.name { items.append("\(parameter.name)=x") }
        }
        if let extra { items.append("\(extra.name)=\(extra.value)") }
        let path = path.path(self.path.names.map { _ in "x" })
        return items.isEmpty ? path : path + "?" + items.joined(separator: "&")
    }
}
