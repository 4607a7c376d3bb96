import ControlProtocol
import Foundation
import Nouns
import OperationsScene
import StageKit
import TestSupport
import Testing

@testable import ControlAPI

/// What programs ask that look after the daemon.
struct HealthTests {
    static let secret = Failure(
        code: "webhook.failed", "No answer from https://hooks.example/s3cret.", at: "/srv/s3cret", remedy: "Ask s3cret."
    )

    @Test func theAnswersAreWhatTheyWere() async throws {
        let golden = Golden("ControlAPITests/Golden")
        var lines: [String] = []
        let problems = [
            ("nothing is wrong", [:]),
            ("a pipeline has a fault", ["drop:support:a": Self.secret, "drop:support:b": Self.secret]),
            ("nothing can be asked of models", ["serving": Failure(code: "memory.low", "There is no memory.")]),
            ("the ledger is busy", ["ledger": Failure(code: "ledger.busy", "Busy.")]),
            (
                "the ledger cannot be used",
                ["ledger": Failure(code: "ledger.io", "I/O in /srv/s3cret."), "x": Self.secret]
            ),
        ]
        for (name, owners) in problems {
            let scene = try OperationsScene()
            for (owner, failure) in owners { scene.context.problems.set(owner, failure) }
            let ask = Ask(scene)
            for path in ["/healthz", "/readyz"] {
                let reply = try await ask(.get, path)
                #expect(!reply.text.contains("s3cret"))
                lines.append("\(name): \(path) \(reply.status) \(reply.text)")
            }
        }
        let input = problems.map(\.0).joined(separator: "\n")
        #expect(try golden.difference("health", input: input, output: lines.joined(separator: "\n")) == nil)
    }

    @Test func theDescriptionIsThatOfTheRepository() async throws {
        let reply = try await Ask(try OperationsScene())(.get, "/openapi.json")
        #expect(
            reply.text == (try String(contentsOfFile: TestSupport.repository + "/docs/openapi.json", encoding: .utf8)))
    }
}
