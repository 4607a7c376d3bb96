import ControlAPI
import ServiceLifecycle
import StageKit

/// The control server, on the threads that only answer.
struct Answering: Service {
    let server: ControlServer
    let threads: AnswerThreads

    func run() async throws { try await threads.serving { try await server.run() } }
}
