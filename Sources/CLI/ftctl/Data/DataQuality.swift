import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DataQuality: Question {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "The quality of the dataset, or of one drop.",
        discussion: """
            Example: ftctl data report tickets --removed
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName
    @Option(help: "Only this drop.", completion: .drops) var drop: DropID?
    @Flag(help: "List the rows that are left out, and why.") var removed = false

    /// One of two questions.
    enum Answer: Encodable, Sendable {
        case report(DataReport)
        case removed([SetAsideRow])

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .report(let report): try report.encode(to: encoder)
            case .removed(let rows): try rows.encode(to: encoder)
            }
        }
    }

    func ask(_ client: ControlClient) async throws -> Answer {
        guard removed else {
            return .report(try await client.send(.data.report(pipeline, DataReportQuery(drop: drop))))
        }
        let query = SetAsideQuery(drop: drop, limit: 1_000_000)
        return .removed(try await client.send(.data.removed(pipeline, query)))
    }

    func document(_ answer: Answer) -> Document {
        switch answer {
        case .report(let report):
            Document(
                title: report.drop.map { "Drop \($0) of \(report.pipeline)" } ?? "Dataset of \(report.pipeline)",
                QualityDocument.blocks(report))
        case .removed(let rows): .list(rows, none: "No row is left out.")
        }
    }
}

extension SetAsideRow: TableRow {
    package static var columns: [Column] {
        ["DROP", .number("LINE"), "ROW", "REASON", "LIKE", .number("SIMILARITY")]
    }

    package var cells: [Cell] {
        [
            Cell(drop.rawValue), .count(line), Cell(id.rawValue), Cell(reason.rawValue),
            Cell(other.map { "\($0)" + (otherDrop.map { " of \($0)" } ?? "") } ?? Quantity.none), .number(score),
        ]
    }
}
