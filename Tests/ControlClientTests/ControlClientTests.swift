import ControlClient
import ControlProtocol
import Nouns
import TestSupport
import Testing

struct ControlClientTests {
    @Test func aDaemonThatDoesNotRunIsSaidWithItsSocket() async throws {
        let sandbox = try Sandbox()
        let client = ControlClient(socket: sandbox.layout.socket)
        let failure = await #expect(throws: Failure.self) { try await client.send(.runs.list(RunQuery())) }
        #expect(
            failure?.code == "client.unreachable" && failure?.place?.contains(sandbox.layout.socket) == true
                && failure?.remedy != nil)
    }

    @Test func aFileThatIsNotThereIsNotSent() async throws {
        let client = ControlClient(socket: "/nonexistent.sock")
        let failure = await #expect(throws: Failure.self) {
            try await client.upload(.uploads.put(UploadPlace("u-1", file: "a")), file: "/nonexistent.gguf")
        }
        #expect(failure?.code == "client.file" && failure?.place == "/nonexistent.gguf")
    }
}
