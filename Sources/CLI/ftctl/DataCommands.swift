import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

/// `ftctl data …`: the dataset of a pipeline.
struct DataCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Check data before it is dropped, and look at datasets: drops, snapshots, quality, lineage.",
        subcommands: [
            DataCheck.self, List.self, ShowData.self, ReportData.self, Diff.self, Export.self, Lineage.self,
            Revoke.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The drops and snapshots of a pipeline.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(
                    try await client.get(DataListing.self, ControlRoute.data(pipeline)), DataText.listing)
            }
        }
    }

    struct ShowData: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "One drop or snapshot.")
        @OptionGroup var connection: Connection
        @Argument(help: "A drop or a snapshot.") var id: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(
                    try await client.get(DataSubject.self, ControlRoute.dataShow, ["id": id]), DataText.subject)
            }
        }
    }

    struct ReportData: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "report", abstract: "The quality of the dataset, or of one drop.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Option(help: "Only this drop.") var drop: String?
        @Flag(help: "List the rows that are kept out, and why.") var removed = false

        func run() async throws {
            try await connection.use { client in
                if removed {
                    let query = ["drop": drop, "removed": "1", "limit": "1000000"]
                    try connection.show(
                        try await client.get([SetAsideRow].self, ControlRoute.dataReport(pipeline), query),
                        DataText.removed)
                } else {
                    try connection.show(
                        try await client.get(DataReport.self, ControlRoute.dataReport(pipeline), ["drop": drop]),
                        DataText.report)
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What two snapshots have not in common.")
        @OptionGroup var connection: Connection
        @Argument(help: "A snapshot.") var a: String
        @Argument(help: "Another.") var b: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(
                    try await client.get(SnapshotDifference.self, ControlRoute.dataDiff, ["a": a, "b": b]),
                    DataText.difference)
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                """
                Write the rows of a snapshot, or of a pipeline's dataset as it is now, as JSON lines to standard \
                output.
                """
        )
        @OptionGroup var connection: Connection
        @Argument(help: "A snapshot, or a pipeline.") var id: String
        @Option(help: "Only this side: train, validation or gate.") var split: String?

        func run() async throws {
            try await connection.use { client in
                try await client.pieces(ControlRoute.dataExport, ["id": id, "split": split]) { Terminal.write($0) }
            }
        }
    }

    struct Lineage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Where something came from and what became of it: row, drops, snapshots, runs, versions.")
        @OptionGroup var connection: Connection
        @Argument(help: "A row, drop, snapshot, run or version.") var id: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(
                    try await client.get(DataLineage.self, ControlRoute.dataLineage, ["id": id]), DataText.lineage)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw a drop: its rows are in no future snapshot, and every version trained on them is named."
        )
        @OptionGroup var connection: Connection
        @Argument(help: "The drop.") var drop: String
        @Option(help: "Why; kept on record.") var reason: String
        @Flag(help: "Also remove its bytes from the disk, for good.") var erase = false

        func run() async throws {
            try await connection.use { client in
                let answer = try await client.post(
                    RevokeAnswer.self, ControlRoute.dropRevoke(drop), RevokeRequest(reason: reason, erase: erase))
                try connection.show(answer, DataText.revoked)
            }
        }
    }
}
