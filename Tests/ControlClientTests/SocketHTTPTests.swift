import ControlProtocol
import Foundation
import Nouns
import Synchronization
import TestSupport
import Testing

@testable import ControlClient

/// The client against a socket that answers in every way, and in none.
struct SocketHTTPTests {
    let sandbox: Sandbox
    var client: ControlClient { ControlClient(socket: sandbox.root + "/s") }

    init() throws { sandbox = try Sandbox() }

    func server(_ serve: @escaping @Sendable (SocketServer.Connection) -> Void) throws -> SocketServer {
        try SocketServer(client.socket, serve: serve)
    }

    /// A file of the sandbox.
    func file(_ data: Data) throws -> String {
        let path = sandbox.root + "/file"
        try data.write(to: URL(filePath: path))
        return path
    }

    @Test func aRequestNamesItsPathAndAsksForOneAnswer() async throws {
        let heads = Mutex<[String]>([])
        let server = try server { connection in
            heads.withLock { $0.append(connection.head()) }
            connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
        }
        #expect(try await client.get([String].self, "/v1/a b", ["q": "x y&z", "none": nil]).isEmpty)
        #expect(try await client.delete([String].self, "/v1/x").isEmpty)
        let seen = heads.withLock { $0 }
        #expect(seen.first?.hasPrefix("GET /v1/a%20b?q=x%20y%26z HTTP/1.1\r\n") == true, "\(seen)")
        #expect(seen.first?.contains("\r\nconnection: close\r\n") == true)
        #expect(seen.last?.hasPrefix("DELETE /v1/x HTTP/1.1\r\n") == true)
        withExtendedLifetime(server) {}
    }

    @Test func aBodyIsSentWithItsLength() async throws {
        let server = try server { connection in
            let head = connection.head()
            let body = connection.body(9)
            let isRight = head.contains("content-length: 9\r\n") && body == Data("{\"a\":\"b\"}".utf8)
            connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\(isRight ? "true" : "null")")
        }
        #expect(try await client.post(Bool.self, "/v1/x", ["a": "b"]))
        withExtendedLifetime(server) {}
    }

    @Test func anAnswerOfManyPiecesIsGivenAsItComes() async throws {
        let piece = Data((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0) })
        let server = try server { connection in
            _ = connection.head()
            connection.answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            for _ in 0..<20 {
                connection.answer("100000\r\n")
                connection.answer(piece)
                connection.answer("\r\n")
            }
            connection.answer("0\r\n\r\n")
        }
        var count = 0
        var largest = 0
        try await client.pieces("/v1/rows") { data in
            #expect(data.first == UInt8(truncatingIfNeeded: count))
            count += data.count
            largest = max(largest, data.count)
        }
        #expect(count == 20 << 20)
        #expect(largest <= 256 << 10)
        withExtendedLifetime(server) {}
    }

    @Test func aFileIsSentWhole() async throws {
        let data = Data((0..<(5 << 20) + 3).map { UInt8(truncatingIfNeeded: $0 * 31) })
        let server = try server { connection in
            let head = connection.head()
            let body = connection.body(data.count)
            let status = body == data && head.contains("content-length: \(data.count)\r\n") ? "204 Yes" : "400 No"
            connection.answer("HTTP/1.1 \(status)\r\ncontent-length: 0\r\n\r\n")
        }
        let told = Mutex<[Int]>([])
        try await client.put("/v1/x", file: try file(data)) { count in told.withLock { $0.append(count) } }
        let counts = told.withLock { $0 }
        #expect(counts.count == 6 && counts.last == data.count && counts == counts.sorted())
        try await client.put("/v1/x", file: try file(data)) { _ in }
        withExtendedLifetime(server) {}
    }

    /// A full disk is said at once, whether the daemon then leaves or waits for the client to.
    @Test(arguments: [false, true]) func aRefusalComesBeforeTheFileIsSent(_ waits: Bool) async throws {
        let server = try server { connection in
            _ = connection.head()
            let error = ErrorAnswer(Failure(code: "upload.full", "The disk is full."))
            guard let body = try? ContractCoding.encode(error) else { return }
            connection.answer("HTTP/1.1 507 Full\r\ncontent-length: \(body.count)\r\n\r\n")
            connection.answer(body)
            var byte: UInt8 = 0
            if waits { while read(connection.descriptor, &byte, 0) == 0, connection.answer("x") { usleep(10_000) } }
        }
        let path = try file(Data(count: 8 << 20))
        let failure = await #expect(throws: Failure.self) { try await client.put("/v1/x", file: path) { _ in } }
        #expect(failure?.code == "upload.full", "\(String(describing: failure))")
        withExtendedLifetime(server) {}
    }

    @Test func aFileThatShrinksIsNotSentAsAWhole() throws {
        let path = try file(Data(count: 100))
        let opened = try SocketHTTPFile(path)
        #expect(try opened.next(after: 0)?.count == 100)
        truncate(path, 40)
        #expect(try opened.next(after: 0)?.count == 40)
        let failure = #expect(throws: Failure.self) { try opened.next(after: 40) }
        #expect(failure?.code == "client.file" && failure?.place == path)
        #expect(throws: Failure.self) { try SocketHTTPFile(sandbox.root) }
    }

    @Test func linesAreCutWhereTheyEnd() async throws {
        let server = try server { connection in
            _ = connection.head()
            connection.answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            for text in ["\"a", "\"\n\"b\"\n\"c\"", "\n"] {
                connection.answer(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
                usleep(20_000)
            }
            connection.answer("0\r\n\r\n")
        }
        var lines: [String] = []
        try await client.lines(String.self, "/v1/lines") { line in
            lines.append(line)
            return true
        }
        #expect(lines == ["a", "b", "c"])
        withExtendedLifetime(server) {}
    }

    @Test func whoeverHasHeardEnoughLeaves() async throws {
        let hasLeft = Mutex(false)
        let server = try server { connection in
            _ = connection.head()
            connection.answer("HTTP/1.1 200 OK\r\n\r\n")
            while connection.answer("1\n") { usleep(1000) }
            hasLeft.withLock { $0 = true }
        }
        var count = 0
        try await client.lines(Int.self, "/v1/lines") { _ in
            count += 1
            return count < 3
        }
        #expect(count == 3)
        #expect(try await TestSupport.eventually { hasLeft.withLock { $0 } })
        withExtendedLifetime(server) {}
    }

    @Test(arguments: [
        ("", "client.unreachable"), ("HTTP/1.1 200 OK\r\ncontent-len", "client.answer"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n[1,2", "client.answer"), ("nonsense\r\n", "client.answer"),
        ("HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\nhtml", "client.answer"),
        ("HTTP/1.1 302 There\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", "client.answer"),
    ])
    func whatIsNoAnswerIsAFailure(_ text: String, _ code: String) async throws {
        let server = try server { connection in
            _ = connection.head()
            connection.answer(text)
        }
        let failure = await #expect(throws: Failure.self) { try await client.get([Int].self, "/v1/x") }
        #expect(failure?.code == code && failure?.remedy != nil, "\(String(describing: failure))")
        withExtendedLifetime(server) {}
    }

    @Test func aPathThatNoSocketHasIsUnreachable() async throws {
        let client = ControlClient(socket: "/" + String(repeating: "x", count: 200))
        let failure = await #expect(throws: Failure.self) { try await client.data("/v1/x") }
        #expect(failure?.code == "client.unreachable" && failure?.cause == "File name too long")
    }

    @Test func aDaemonThatAcceptsNobodyIsNotWaitedForForEver() throws {
        let server = try SocketServer(client.socket, backlog: 0, serve: nil)
        var waiting: [SocketHTTPConnection] = []
        let failure = #expect(throws: SocketHTTPConnection.CallFailure.self) {
            for _ in 0..<20 {
                let connection = try SocketHTTPConnection()
                waiting.append(connection)
                try connection.connect(to: server.path, seconds: 0.3)
            }
        }
        #expect(failure?.number == ETIMEDOUT)
        #expect(waiting.count < 20)
    }

    /// Whether it waits for the head, or within the body.
    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n\r\n1\n"]) func cancellingEndsTheWait(_ beginning: String) async throws {
        let (asked, hasLeft) = (Flag(), Flag())
        let server = try server { connection in
            _ = connection.head()
            connection.answer(beginning)
            asked.set()
            _ = connection.body(1)
            hasLeft.set()
        }
        let client = client
        let task = Task { try await client.lines(Int.self, "/v1/lines") { _ in true } }
        #expect(try await TestSupport.eventually { asked.isSet })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await TestSupport.eventually { hasLeft.isSet })
        withExtendedLifetime(server) {}
    }

    @Test func requestsThatWaitHoldNoThreadOfTheTasks() async throws {
        let asked = Mutex(0)
        let answer = Flag()
        let server = try server { connection in
            _ = connection.head()
            asked.withLock { $0 += 1 }
            while !answer.isSet { usleep(1000) }
            connection.answer("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n7")
        }
        let client = client
        try await withThrowingTaskGroup(of: Int.self) { group in
            // More than there are threads for tasks.
            let count = ProcessInfo.processInfo.activeProcessorCount * 4
            for _ in 0..<count { group.addTask { try await client.get(Int.self, "/v1/x") } }
            // Would never end if each held one.
            #expect(try await TestSupport.eventually { asked.withLock { $0 } == count })
            answer.set()
            for try await number in group { #expect(number == 7) }
        }
        withExtendedLifetime(server) {}
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }
}

extension SocketHTTPTests {
    @Test func aDaemonThatSaysNothingIsNamed() async throws {
        let server = try server { connection in
            _ = connection.head()
            // Until the client leaves.
            _ = connection.body(1)
        }
        let client = ControlClient(socket: client.socket, patience: 0.05)
        let failure = await #expect(throws: Failure.self) { try await client.get([String].self, "/v1/status") }
        #expect(failure?.code == "client.timeout" && failure?.message.contains("GET /v1/status") == true)
        withExtendedLifetime(server) {}
    }

    @Test func aStreamMayBeSilentOnceItHasBegun() async throws {
        let server = try server { connection in
            _ = connection.head()
            connection.answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            usleep(200_000)
            connection.answer("2\r\n1\n\r\n0\r\n\r\n")
        }
        let client = ControlClient(socket: client.socket, patience: 0.05)
        var lines: [Int] = []
        try await client.lines(Int.self, "/v1/x") {
            lines.append($0)
            return true
        }
        #expect(lines == [1])
        withExtendedLifetime(server) {}
    }
}
