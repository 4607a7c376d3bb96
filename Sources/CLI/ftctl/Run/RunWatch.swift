import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct RunWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a run live: stage, step, loss, speed, time left.",
        discussion: """
            With a pipeline, or with nothing, it follows the run at work, or waits for the next one. Exit status 2 \
            where the run ends without being promoted, or accepted to be promoted by hand; 3 where it takes longer \
            than --timeout.

            Example: ftctl run watch tickets --timeout 3600
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A run, or a pipeline whose run is wanted; any pipeline's otherwise.", completion: .followed)
    var subject: String?

    func run() async throws {
        try await connection.use(waits: true) { client in
            let follower = RunFollower(client: client, output: connection.json ? .json : .text)
            let subject = subject
            try await follower.leave(connection) { try await Self.run(subject, follower) }
        }
    }

    private static func run(_ subject: String?, _ follower: RunFollower) async throws -> RunID {
        if let subject, case .run = CommandWords.Form(subject) { return RunID(subject) }
        return try await NextRun(client: follower.client, pipeline: subject.map { PipelineName($0) }).wait { told in
            follower.say(told)
        }
    }
}
