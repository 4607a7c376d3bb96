import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

/// Follows a run to its end, and shows what it does.
struct RunFollower: Sendable {
    enum Output: Sendable {
        /// Sentences and bars, for people.
        case text
        /// Every notice as a line of JSON.
        case json
        case nothing
    }

    let client: ControlClient
    let output: Output

    /// The run as it ended.
    func follow(_ id: RunID) async throws -> Run {
        if output == .text { Interruption.endsTheLine() }
        try await waitForWork(id)
        var view = WatchView(replacesLines: Terminal.isInteractive)
        try await client.lines(.runs.events(id, NoticeQuery(follow: true))) { notice in
            switch output {
            case .text: for part in view.parts(notice) { show(part) }
            case .json: Terminal.line(String(decoding: try ContractCoding.encode(notice), as: UTF8.self))
            case .nothing: break
            }
            return true
        }
        if Terminal.isInteractive, output == .text { Terminal.replace("") }
        let last = try await client.send(.runs.show(id))
        if output == .text { say(WatchView.end(last)) }
        return last
    }

    /// Follows the run that `find` names to its end, within the time limit, and throws its exit status where that is
    /// not 0.
    func leave(_ connection: Connection, following find: @escaping @Sendable () async throws -> RunID) async throws {
        let last = try await Waiting.atMost(connection.timeout, for: "Waiting for the run") {
            try await follow(try await find())
        }
        let status = Self.status(last)
        if status != 0 { throw ExitCode(status) }
    }

    /// 0 where the run was promoted, or waits to be promoted by hand; 2 where it ended in another way.
    static func status(_ run: Run) -> Int32 {
        switch run.state {
        case .promoted, .delivered, .accepted: 0
        default: 2
        }
    }

    /// Says what a queued run waits for, each time that it changes.
    private func waitForWork(_ id: RunID) async throws {
        guard output == .text else { return }
        var told: String?
        while case let run = try await client.send(.runs.show(id)), run.state == .queued {
            // A run of a pipeline that is gone waits as well.
            let outlook = try? await client.send(.pipelines.outlook(run.pipeline))
            var sentence = outlook?.sentence ?? "run \(id) is \(run.stateInWords)"
            if let first = outlook?.run, first != id { sentence = "run \(id) is queued; \(sentence)" }
            if sentence != told { say(sentence.prefix(1).uppercased() + sentence.dropFirst() + ".") }
            told = sentence
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// One line for people.
    func say(_ text: String) {
        if output == .text { Terminal.line(Document.sentence(text).text()) }
    }

    /// A passing line is replaced by the next on a terminal, and thinned out elsewhere.
    private func show(_ part: WatchView.Part) {
        switch part {
        case .line(let text):
            if Terminal.isInteractive { Terminal.replace("") }
            say(text)
        case .passing(let text, let isDue):
            if Terminal.isInteractive {
                Terminal.replace(text)
                if isDue { Terminal.line("") }
            } else if isDue {
                say(text)
            }
        }
    }
}
