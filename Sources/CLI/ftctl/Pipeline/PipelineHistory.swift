import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct PipelineHistory: Question {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What was served, from when on, by whose doing, and why.",
        discussion: """
            Example: ftctl pipeline history tickets --at 2027-01-15T09:00:00Z
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: ArgumentHelp("What was served at this time (such as 2026-11-24T12:00:00Z).", valueName: "time"))
    var at: Moment?
    @Flag(help: "Check the hash chain instead; exit status 1 where it is broken.") var verify = false

    /// One of two questions.
    enum Answer: Encodable, Sendable {
        case records([PromotionRecord])
        case chain(VerifyAnswer)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .records(let records): try records.encode(to: encoder)
            case .chain(let answer): try answer.encode(to: encoder)
            }
        }
    }

    func ask(_ client: ControlClient) async throws -> Answer {
        if verify { return .chain(try await client.send(.pipelines.verify(pipeline))) }
        return .records(try await client.send(.pipelines.history(pipeline, HistoryQuery(at: at?.date))))
    }

    func document(_ answer: Answer) -> Document {
        switch answer {
        case .records(let records): .list(records, none: "Nothing but the base was served.")
        case .chain(let chain):
            .sentence(
                chain.intact
                    ? "The chain of \(Quantity.counted(chain.records, "record")) is intact."
                    : "The chain is broken at record \(chain.firstBroken ?? 0).")
        }
    }

    func status(_ answer: Answer) -> Int32 {
        if case .chain(let chain) = answer, !chain.intact { return 1 }
        return 0
    }
}

extension PromotionRecord: TableRow {
    package static var columns: [Column] {
        [.number("#"), "SINCE", "SERVED", "BEFORE", "RUN", "HOW", "WHO", "NEW ROWS", .text("WHY")]
    }

    /// The share of new rows that were answered rightly, with its interval.
    private static func text(_ figure: NewRowsFigure) -> String {
        let bounds = [figure.lower, figure.upper].compactMap(\.self).map { Quantity.share($0) }
        return "\(Quantity.share(figure.share)) of \(figure.asked)"
            + (bounds.count == 2 ? " (\(bounds[0]) to \(bounds[1]))" : "")
    }

    package var cells: [Cell] {
        [
            .count(sequence), Cell(Quantity.time(at)), Cell(version?.rawValue ?? "the base"),
            Cell(previous?.rawValue ?? "the base"), Cell(run?.rawValue ?? Quantity.none), Cell(kind.rawValue),
            Cell(who),
            Cell(newRows.map(Self.text) ?? Quantity.none),
            Cell([standing, reason].compactMap(\.self).joined(separator: "; ")),
        ]
    }
}
