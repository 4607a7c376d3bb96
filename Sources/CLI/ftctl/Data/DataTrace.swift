import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DataTrace: Question {
    static let configuration = CommandConfiguration(
        commandName: "lineage",
        abstract: "Where something came from and what became of it: row, drops, snapshots, runs, versions.",
        discussion: """
            Example: ftctl data lineage d-20270115-080000-0a1b2c3d
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A row, drop, snapshot, run or version.", completion: .origins) var id: String

    func ask(_ client: ControlClient) async throws -> DataLineage {
        try await client.send(.data.lineage(LineageQuery(id: id)))
    }

    func document(_ lineage: DataLineage) -> Document {
        var facts = lineage.places.map { place in
            let side = place.split.map { ", \($0.rawValue)" } ?? ", known already"
            return Fact("from", "\(place.drop) line \(place.line)\(side)\(place.state == .revoked ? ", revoked" : "")")
        }
        facts += lineage.setAside.map { row in
            let like = row.other.map { " like \($0)" } ?? ""
            return Fact(
                "left out", "\(row.reason.rawValue)\(like)\(row.score.map { " (\(Quantity.number($0)))" } ?? "")")
        }
        facts += lineage.drops.map { Fact("drop", $0.rawValue) }
        facts += lineage.snapshots.map { use in
            Fact("snapshot", "\(use.snapshot) (\(use.splits.map(\.rawValue).joined(separator: ", ")))")
        }
        facts += lineage.runs.map { Fact("run", $0.rawValue) }
        facts += lineage.versions.map { Fact("version", $0.rawValue) }
        return Document(
            title: "Lineage of \(lineage.kind) \(lineage.subject)",
            [facts.isEmpty ? .paragraph("Nothing came of it yet.") : .facts(facts)])
    }
}
