import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct BaseSuggest: Question {
    static let configuration = CommandConfiguration(
        commandName: "suggest", abstract: "Small bases of the Hub that this machine can train.",
        discussion: """
            A short list that comes with ftctl and is dated; nothing is asked over the network. Which of the bases \
            that are registered then suits the rows is for `ftctl base recommend` to measure.

            Example: ftctl base suggest tickets
            """)
    @OptionGroup var connection: Connection
    @OptionGroup var listing: Listing
    @Argument(help: "A pipeline, to read what is known for its kind of task.", completion: .pipelines)
    var pipeline: PipelineName?

    func validate() throws { try listing.check(SuggestedBase.self) }

    func ask(_ client: ControlClient) async throws -> Suggestions {
        let room = try await client.send(.uploads.room(RoomQuery()))
        var kind: SuggestedBase.Kind?
        if let pipeline { kind = Self.kind(try await client.send(.pipelines.settings(pipeline)).toml) }
        let fitting = SuggestedBase.all.compactMap { base -> SuggestedBase? in
            var base = base
            base.trainsInBytes = base.bytes + room.workerBytes + (128 << 20)
            guard base.trainsInBytes ?? .max <= room.memoryBytes else { return nil }
            if let kind { base.known = base.known.filter { $0.key == kind.rawValue } }
            return base
        }
        return Suggestions(
            date: SuggestedBase.date, memoryBytes: room.memoryBytes, left: SuggestedBase.all.count - fitting.count,
            bases: fitting)
    }

    func document(_ answer: Suggestions) -> Document {
        let rest =
            answer.left == 0
            ? "" : " \(answer.left) more need more memory than its \(Quantity.bytes(answer.memoryBytes))."
        return Document(
            Document.list(answer.bases, none: "This machine can train none of the list.", listing.view).blocks + [
                .paragraph(
                    "The list is of \(answer.date).\(rest) Add one with `ftctl base add SOURCE`; `ftctl base "
                        + "recommend` then says which suits your rows.")
            ])
    }

    /// What the rows of a pipeline are, as far as its settings say.
    static func kind(_ toml: String) -> SuggestedBase.Kind {
        let lines: [String] = toml.split(separator: "\n").map { String($0.filter { $0 != " " }) }
        if lines.contains(where: { $0.hasPrefix("answer_schema=\"") && !$0.hasPrefix("answer_schema=\"\"") }) {
            return .extraction
        }
        let metrics = ["primary=\"accuracy\"", "primary=\"label_accuracy\"", "primary=\"ece\""]
        return metrics.contains(where: lines.contains) ? .classes : .answers
    }
}

/// The entries of the shipped list that a machine can train.
struct Suggestions: Codable, Hashable, Sendable {
    var date: String
    var memoryBytes: Int
    /// How many entries need more memory.
    var left: Int
    var bases: [SuggestedBase]
}

extension SuggestedBase: TableRow {
    package static var columns: [Column] {
        ["SOURCE", .number("PARAMETERS"), .number("TRAINS IN"), "LICENCE", "LANGUAGES", .text("KNOWN")]
    }

    package var cells: [Cell] {
        let words =
            known.count == 1
            ? known.values.map { $0 }
            : Kind.allCases.compactMap { kind in
                known[kind.rawValue].map { "\(kind.rawValue): \($0)" }
            }
        return [
            Cell(source), Cell("\(parameters / 1_000_000) M", value: Double(parameters)),
            .bytes(trainsInBytes ?? bytes),
            Cell(licence + (isGated ? " (access is asked for)" : "")), Cell(languages),
            Cell(words.joined(separator: "; ")),
        ]
    }
}
