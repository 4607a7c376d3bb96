import ControlClient
import ControlProtocol
import Foundation
import Logging
import Nouns
import OperationsScene
import Platform
import StageKit
import Testing

@testable import ControlAPI

/// The same router behind a socket, its own and one that somebody else listens on.
struct ListenerTests {
    private func serve(
        _ scene: OperationsScene, adopted: Int32? = nil, _ body: (ControlClient) async throws -> Void
    ) async throws {
        let listening = Bell()
        let server = ControlServer(
            scene.operations, scene.wire,
            socket: ControlSocket(
                path: scene.sandbox.layout.socket, adopted: adopted, access: SocketAccess(isRooted: true),
                logger: scene.context.logger), threads: AnswerThreads(),
            onListening: { listening.ring() }, logger: scene.context.logger)
        let task = Task { try await server.run() }
        await listening.wait(atMost: .seconds(300))
        let outcome: Result<Void, any Error>
        do {
            try await body(ControlClient(socket: scene.sandbox.layout.socket))
            outcome = .success(())
        } catch { outcome = .failure(error) }
        task.cancel()
        _ = await task.result
        try outcome.get()
    }

    private func exercise(_ scene: OperationsScene, _ client: ControlClient) async throws {
        let run = try scene.queue().id
        #expect(try await client.send(.status.show()).queued == 1)
        #expect(try await client.send(.runs.list(RunQuery(state: .queued))).map(\.id) == [run])
        let failure = await #expect(throws: Failure.self) { try await client.send(.runs.show("r-000009")) }
        #expect(failure?.code == "run.unknown")
        let upload = try await client.send(.uploads.open(UploadQuery()))
        let file = scene.sandbox.root + "/a.gguf"
        try AtomicFile.write(Data(repeating: 7, count: 3 << 20), to: file)
        try await client.upload(.uploads.put(UploadPlace(upload.id, file: "a.gguf")), file: file)
        let sent = try Data(contentsOf: URL(filePath: scene.sandbox.layout.uploads + "/\(upload.id)/a.gguf"))
        #expect(sent == Data(repeating: 7, count: 3 << 20))
        // The kernel says who asks.
        let cancelled = try await client.send(.runs.cancel(run))
        #expect(cancelled.cause?.message == "Cancelled by \(System.userName(getuid())).")
        var states: [RunState] = []
        try await client.lines(.runs.events(run, NoticeQuery(follow: true))) { notice in
            states.append(notice.state)
            return true
        }
        #expect(states == [.queued, .cancelled])
        #expect(String(decoding: try await client.send(.runs.reportText(run)), as: UTF8.self).contains(run.rawValue))
    }

    @Test func itsOwnSocketIsForTheOwnerAndTheGroupAndGoesAwayAtTheEnd() async throws {
        let scene = try OperationsScene()
        let path = scene.sandbox.layout.socket
        try await serve(scene) { client in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o660)
            try await exercise(scene, client)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aSocketThatSomebodyElseMadeIsServedAndStays() async throws {
        let scene = try OperationsScene()
        let path = scene.sandbox.layout.socket
        try await serve(scene, adopted: try listen(path)) { try await exercise(scene, $0) }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    /// Listens as systemd does.
    private func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(bound == 0)
        try #require(Glibc.listen(descriptor, 16) == 0)
        return descriptor
    }
}
