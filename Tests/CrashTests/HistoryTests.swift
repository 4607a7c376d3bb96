import Foundation
import Nouns
import TestSupport
import Testing

/// The descriptors and threads that the daemon takes do not depend on what it has done. `make soak` and `make load` do
/// it at length, and look at memory, processor time and latencies.
@Suite(.serialized)
struct HistoryTests {
    /// Descriptors and threads of a process.
    private struct Taken {
        var descriptors: Int
        var threads: Int

        init(_ pid: pid_t) throws {
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
            threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").count
        }
    }

    @Test func threeHundredDropsLeaveNothingBehind() async throws {
        let scene = try CrashScene(rows: 12)
        try scene.sandbox.pipeline(
            "tickets",
            """
            base = "tiny"
            [trigger]
            settle_seconds = 0.05
            minimum_interval_seconds = 3
            [data]
            gate_share = 0.2
            [gates]
            maximum_rows = 20
            """)
        try scene.start()
        try await scene.begin()
        var first: Taken?
        for number in stride(from: 1, to: 300, by: 25) {
            for drop in number..<number + 25 { try scene.drop("more-\(drop).jsonl", from: drop * 1000) }
            let isStored = try await TestSupport.eventually {
                try await scene.sandbox.answer(Summary.self, "pipeline", "show", "tickets").drops >= number + 24
            }
            #expect(isStored, "\(scene.log.suffix(2000))")
            if number == 51 { first = try Taken(try #require(scene.daemon?.pid)) }
        }
        let last = try Taken(try #require(scene.daemon?.pid))
        let early = try #require(first)
        #expect(last.descriptors <= early.descriptors + 8, "\(early.descriptors), then \(last.descriptors)")
        #expect(last.threads <= early.threads + 8, "\(early.threads), then \(last.threads)")
    }

    private struct Summary: Decodable { var drops: Int }

    @Test func twoHundredClientsAreAnswered() async throws {
        let scene = try CrashScene()
        try scene.start()
        try await scene.begin()
        let socket = scene.sandbox.layout.socket
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { (try? await Self.ask(socket)) == true } }
            var answered = 0
            for await isAnswered in group where isAnswered { answered += 1 }
            return answered
        }
        #expect(answers == 200)
        try await scene.delivered()
    }

    /// One request on a thread of its own, so that all are at the daemon at once.
    private static func ask(_ path: String) async throws -> Bool {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: exchange(path)) }
        }
    }

    private static func exchange(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard status == 0 else { return false }
        let question = Array("GET /v1/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8)
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return false }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer[..<count] }
        return String(decoding: answer.prefix(12), as: UTF8.self) == "HTTP/1.1 200"
    }
}
