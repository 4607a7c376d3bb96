import ControlProtocol
import Foundation
import HummingbirdCore
import Logging
import Nouns
import Platform
import StageKit
import Synchronization
import TestSupport
import Testing

@testable import ControlAPI

struct EventStreamTests {
    private static let endpoint = Endpoint<NoSubject, NoQuery, NoBody, EventStream>(
        "test.events", .get, "/v1/test", "Tells what it is told.", dialect: .openAI)

    private func ask(_ stream: EventStream) async throws -> Ask.Reply {
        var routes = Routes()
        routes.on(Self.endpoint) { _ in stream }
        return try await Ask(routes)(.get, "/v1/test")
    }

    /// What keeps a stream open; on a machine whose threads are all at work some of it may come.
    private static let comment = String(decoding: ServerEvent.comment, as: UTF8.self)

    @Test func everyEventIsOneOfItsOwn() async throws {
        let (events, feed) = AsyncThrowingStream<ServerEvent, any Error>.makeStream()
        feed.yield(try ServerEvent(["a": 1]))
        feed.yield(try ServerEvent(kind: "b", ["b": "x\ny"]))
        feed.yield(.done)
        feed.finish()
        let reply = try await ask(EventStream(events))
        let text = reply.text.replacing(Self.comment, with: "")
        #expect(reply.headers[.contentType] == "text/event-stream")
        #expect(reply.headers[.cacheControl] == "no-cache")
        let wanted = #"data: {"a":1}"# + "\n\n" + #"event: b"# + "\n" + #"data: {"b":"x\ny"}"# + "\n\ndata: [DONE]\n\n"
        #expect(text == wanted)
    }

    @Test func whatFailsWithinAStreamIsToldAndEndsIt() async throws {
        let (events, feed) = AsyncThrowingStream<ServerEvent, any Error>.makeStream()
        feed.yield(try ServerEvent(["a": 1]))
        feed.finish(throwing: Failure(code: "serving.died", "It died.", remedy: "Ask again."))
        let text = try await ask(EventStream(events)).text.replacing(Self.comment, with: "")
        let pieces = text.components(separatedBy: "\n\n")
        #expect(pieces.count == 3 && pieces[2].isEmpty)
        let body = Data(pieces[1].dropFirst("data: ".count).utf8)
        let error = try ContractCoding.decode(ErrorAnswer.self, from: body).error
        #expect(error.type == "server_error")
        #expect(error.message == "It died. Ask again.")
    }

    @Test func aSilentStreamIsKeptOpenByComments() async throws {
        let (events, feed) = AsyncThrowingStream<ServerEvent, any Error>.makeStream()
        let writer = EventWriter(events: events, departure: Departure(), silence: .milliseconds(1))
        var written: [Data] = []
        try await writer.write { piece in
            written.append(piece)
            if written.count == 3 { feed.finish() }
        }
        #expect(written.count >= 3)
        #expect(written.allSatisfy { $0 == ServerEvent.comment })
        #expect(String(decoding: ServerEvent.comment, as: UTF8.self).hasPrefix(": "))
        #expect(EventWriter.usualSilence == .seconds(10))
    }

    @Test func whoLeavesEndsTheWork() async throws {
        let (events, feed) = AsyncThrowingStream<ServerEvent, any Error>.makeStream()
        let isCancelled = Mutex(false)
        feed.onTermination = { end in if case .cancelled = end { isCancelled.withLock { $0 = true } } }
        feed.yield(.done)
        let departure = Departure()
        let writer = EventWriter(events: events, departure: departure, silence: .seconds(3600))
        try await writer.write { _ in departure.leave() }
        #expect(try await TestSupport.eventually { isCancelled.withLock { $0 } })
    }

    /// A connection that ends tells it, though nothing is read or written on it meanwhile.
    @Test func theEndOfAConnectionIsNoticed() async throws {
        let sandbox = try Sandbox()
        let path = sandbox.root + "/s"
        let (listening, asked) = (Bell(), Bell())
        let hasEnded = Mutex(false)
        let listener = ControlListener(
            door: .socket(SocketAccess(isRooted: true)) { _ in nil }, count: ConnectionCount(limit: 100, each: 100),
            logger: Logger(label: "test")
        ) { _, caller in
            asked.ring()
            do {
                try await caller.departure.cancelling { try await Task.sleep(for: .seconds(3600)) }
            } catch { hasEnded.withLock { $0 = true } }
            return Response(status: .ok)
        }
        let task = Task { try await listener.run(ListeningSocket(path: path)) { listening.ring() } }
        await listening.wait(atMost: .seconds(300))
        let descriptor = try UnixSocket.make()
        try UnixSocket.connect(descriptor, to: path)
        let request = Array("GET /v1/test HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        #expect(send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
        await asked.wait(atMost: .seconds(300))
        #expect(!hasEnded.withLock { $0 })
        close(descriptor)
        #expect(try await TestSupport.eventually { hasEnded.withLock { $0 } })
        task.cancel()
        _ = await task.result
    }
}
