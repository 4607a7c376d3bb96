import ControlProtocol
import Nouns
import TestSupport
import Testing

@testable import ControlClient

struct ControlClientTests {
    @Test func aDaemonThatDoesNotRunIsSaidWithItsSocket() async throws {
        let sandbox = try Sandbox()
        let client = ControlClient(socket: sandbox.layout.socket)
        let failure = await #expect(throws: Failure.self) { try await client.get([Run].self, ControlRoute.runs) }
        #expect(
            failure?.code == "client.unreachable" && failure?.place?.contains(sandbox.layout.socket) == true
                && failure?.remedy != nil)
    }

    @Test func aFileThatIsNotThereIsNotSent() async throws {
        let client = ControlClient(socket: "/nonexistent.sock")
        let failure = await #expect(throws: Failure.self) {
            try await client.put("/x", file: "/nonexistent.gguf") { _ in }
        }
        #expect(failure?.code == "client.file" && failure?.place == "/nonexistent.gguf")
    }
}
