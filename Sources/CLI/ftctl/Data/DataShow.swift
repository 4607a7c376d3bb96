import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Platform
import Reports

struct DataShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One drop or snapshot of a dataset.",
        discussion: """
            Identifiers are in `ftctl data list PIPELINE`.

            Example: ftctl data show d-20270115-080000-0a1b2c3d
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A drop or a snapshot.") var id: String

    func ask(_ client: ControlClient) async throws -> DataSubject {
        try await client.send(.data.show(DataSubjectQuery(id: id)))
    }

    func document(_ subject: DataSubject) -> Document {
        var document = Document()
        if let entry = subject.drop {
            document.title = "Drop \(entry.drop.id) of \(entry.drop.pipeline)"
            document.badge = .init(entry.drop.state.rawValue)
            document.blocks.append(
                .facts(
                    Fact.known([
                        ("file", entry.drop.shownName), ("size", Quantity.bytes(entry.drop.bytes)),
                        ("received", Quantity.time(entry.drop.receivedAt)), ("note", entry.drop.note),
                        ("from", entry.drop.origin?.source.map { RawPath.shown($0.utf8) }),
                    ])))
        }
        if let report = subject.report { document.blocks += [.heading("Quality")] + QualityDocument.blocks(report) }
        if let entry = subject.snapshot {
            let snapshot = entry.snapshot
            document.title = "Snapshot \(snapshot.id) of \(snapshot.pipeline)"
            let sides = Split.allCases.map {
                Fact($0.rawValue, "\(snapshot.rows[$0] ?? 0) rows in \(snapshot.files[$0]?.count ?? 0) files")
            }
            document.blocks.append(
                .facts(
                    [Fact("made", Quantity.time(snapshot.createdAt))] + sides + [
                        Fact("kept out", Quantity.counts(snapshot.removed)),
                        Fact("drops", Quantity.list(snapshot.drops.map(\.rawValue))),
                        Fact("runs", Quantity.list(entry.runs.map(\.rawValue))),
                        Fact("versions", Quantity.list(entry.versions.map(\.rawValue))),
                    ]))
        }
        return document
    }
}
