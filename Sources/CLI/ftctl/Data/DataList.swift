import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DataList: Question {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The drops and snapshots of a pipeline's dataset.",
        discussion: """
            Sides never change: what judges once is never learnt from.

            Example: ftctl data list tickets
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.", completion: .pipelines) var pipeline: PipelineName

    func ask(_ client: ControlClient) async throws -> DataListing {
        try await client.send(.data.list(pipeline))
    }

    func document(_ listing: DataListing) -> Document {
        let rows = Split.allCases.map { "\(listing.rows[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        return Document(
            title: "Dataset of \(listing.pipeline)",
            [
                .facts([Fact("rows", rows), Fact("left out", Quantity.counts(listing.removed))]),
                .heading("Drops"),
                listing.drops.isEmpty ? .paragraph("Nothing was dropped yet.") : .table(Table(listing.drops)),
                .heading("Snapshots"),
                listing.snapshots.isEmpty
                    ? .paragraph("There are no snapshots yet.") : .table(Table(listing.snapshots)),
            ])
    }
}

extension DropSummary: TableRow {
    package static var columns: [Column] {
        [
            "DROP", "FILE", "STATE", "RECEIVED", .number("TRAIN"), .number("VALIDATION"), .number("GATE"),
            .number("KNOWN"), .number("BAD"), .text("LEFT OUT"),
        ]
    }

    package var cells: [Cell] {
        [
            Cell(drop.id.rawValue), Cell(drop.shownName), Cell(drop.state.rawValue),
            Cell(Quantity.time(drop.receivedAt)), .count(rows[.train] ?? 0), .count(rows[.validation] ?? 0),
            .count(rows[.gate] ?? 0), .count(drop.rowsDuplicate), .count(drop.rowsRejected),
            Cell(Quantity.counts(removed)),
        ]
    }
}

extension SnapshotSummary: TableRow {
    package static var columns: [Column] {
        [
            "SNAPSHOT", "MADE", .number("TRAIN"), .number("VALIDATION"), .number("GATE"), .text("LEFT OUT"),
            .text("RUNS"), .text("VERSIONS"),
        ]
    }

    package var cells: [Cell] {
        [
            Cell(snapshot.id.rawValue), Cell(Quantity.time(snapshot.createdAt)), .count(snapshot.rows[.train] ?? 0),
            .count(snapshot.rows[.validation] ?? 0), .count(snapshot.rows[.gate] ?? 0),
            Cell(Quantity.counts(snapshot.removed)), Cell(Quantity.list(runs.map(\.rawValue))),
            Cell(Quantity.list(versions.map(\.rawValue))),
        ]
    }
}
