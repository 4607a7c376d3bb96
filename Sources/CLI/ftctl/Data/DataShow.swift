import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Platform
import Reports

struct DataShow: Question {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One drop, snapshot or row of a dataset.",
        discussion: """
            Identifiers of drops and snapshots are in `ftctl data list PIPELINE`, those of rows in reports and in \
            `ftctl data report PIPELINE --json`.

            Example: ftctl data show d-20270115-080000-0a1b2c3d
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A drop, a snapshot or a row.", completion: .parts) var id: String

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
                        Fact("left out", Quantity.counts(snapshot.removed)),
                        Fact("drops", Quantity.list(snapshot.drops.map(\.rawValue))),
                        Fact("runs", Quantity.list(entry.runs.map(\.rawValue))),
                        Fact("versions", Quantity.list(entry.versions.map(\.rawValue))),
                    ]))
        }
        if let row = subject.row { Self.add(row, to: &document) }
        return document
    }

    /// A row with where it came from, and all that it says.
    private static func add(_ row: Row, to document: inout Document) {
        document.title = "Row \(row.id)"
        document.badge = .init(row.split.rawValue)
        let known = Fact.known([
            ("drop", row.drop.rawValue), ("line", "\(row.line)"), ("file", row.file), ("class", row.label),
        ])
        let fields = (row.fields ?? [:]).filter { $0.key != "tools" }.sorted { $0.key < $1.key }
        document.blocks.append(.facts(known + fields.map { Fact("field '\($0.key)'", text($0.value)) }))
        let texts: [(String, String)] =
            switch row.content {
            case .completion(let prompt, let completion): [("prompt", prompt), ("completion", completion)]
            case .text(let text): [("text", text)]
            case .chat(let messages, _): messages.flatMap { said($0) }
            case .preference(let prompt, let chosen, let rejected):
                prompt.flatMap { said($0) } + chosen.flatMap { said($0, "chosen ") }
                    + rejected.flatMap { said($0, "rejected ") }
            }
        let tools = row.tools.map { [("tools", text($0))] } ?? []
        for (name, text) in tools + texts {
            document.blocks += [.heading(name), .lines(text.components(separatedBy: "\n"))]
        }
    }

    /// A turn under its role, with what the assistant thinks and calls where the row has that.
    private static func said(_ message: Message, _ kind: String = "") -> [(String, String)] {
        var role = kind + message.role
        if let name = message.name { role += " \(name)" }
        if let call = message.toolCallID { role += " (\(call))" }
        if let trained = message.trained { role += trained ? ", learnt" : ", not learnt" }
        var parts: [(String, String)] = []
        if let reasoning = message.reasoning { parts.append(("\(role), thinking", reasoning)) }
        if !message.content.isEmpty || message.toolCalls == nil { parts.append((role, message.content)) }
        if let calls = message.toolCalls { parts.append(("\(role), calls", text(calls))) }
        return parts
    }

    /// A text as it is, everything else as JSON.
    private static func text(_ value: JSONValue) -> String {
        if let text = value.stringValue { return text }
        return (try? ContractCoding.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }
}
