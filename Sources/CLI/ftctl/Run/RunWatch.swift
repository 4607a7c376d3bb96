import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct RunWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a run live: stage, step, loss, speed, time left.",
        discussion: """
            With a pipeline, or with nothing, it follows the run at work, or waits for the next one. Exit status 2 \
            where the run ends without being promoted, or accepted to be promoted by hand.
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A run, or a pipeline whose run is wanted; any pipeline's otherwise.") var subject: String?

    func run() async throws {
        try await connection.use { client in
            Interruption.endsTheLine()
            let id = try await run(client)
            var view = WatchView(replacesLines: Terminal.isInteractive)
            try await client.lines(.runs.events(id, NoticeQuery(follow: true))) { notice in
                if connection.json {
                    Terminal.line(String(decoding: try ContractCoding.encode(notice), as: UTF8.self))
                } else {
                    for part in view.parts(notice) { show(part) }
                }
                return true
            }
            if Terminal.isInteractive, !connection.json { Terminal.replace("") }
            let last = try await client.send(.runs.show(id))
            if !connection.json { Terminal.line(WatchView.end(last)) }
            if last.state != .promoted, last.state != .delivered, last.state != .accepted { throw ExitCode(2) }
        }
    }

    private func run(_ client: ControlClient) async throws -> RunID {
        if let subject, case .run = CommandWords.Form(subject) { return RunID(subject) }
        return try await NextRun(client: client, pipeline: subject.map { PipelineName($0) }).wait { told in
            if !connection.json { Terminal.line(Document.sentence(told).text()) }
        }
    }

    /// A passing line is replaced by the next on a terminal, and thinned out elsewhere.
    private func show(_ part: WatchView.Part) {
        switch part {
        case .line(let text):
            if Terminal.isInteractive { Terminal.replace("") }
            Terminal.line(Document.sentence(text).text())
        case .passing(let text, let isDue):
            if Terminal.isInteractive {
                Terminal.replace(text)
                if isDue { Terminal.line("") }
            } else if isDue {
                Terminal.line(text)
            }
        }
    }
}
