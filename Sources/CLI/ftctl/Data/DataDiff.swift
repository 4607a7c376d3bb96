import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct DataDiff: Question {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "How two snapshots differ.",
        discussion: """
            Shown are the drops and rows that only one of them has, by side, with the first of these rows.

            Example: ftctl data diff s-2f1c9a s-3a4b5c
            """)
    @OptionGroup var connection: Connection
    @Argument(
        help: ArgumentHelp("A snapshot; `ftctl data list PIPELINE` names them.", valueName: "snapshot"),
        completion: .snapshots)
    var a: String
    @Argument(help: ArgumentHelp("Another of the same pipeline.", valueName: "other-snapshot"), completion: .snapshots)
    var b: String

    func ask(_ client: ControlClient) async throws -> SnapshotDifference {
        try await client.send(.data.difference(SnapshotPairQuery(a: a, b: b)))
    }

    func document(_ difference: SnapshotDifference) -> Document {
        let table = Table(
            [
                "SIDE", .number("BOTH"), .number("ONLY \(difference.a.snapshot)"),
                .number("ONLY \(difference.b.snapshot)"),
            ],
            cells: Split.allCases.map { split in
                [
                    Cell(split.rawValue), .count(difference.shared[split] ?? 0),
                    .count(difference.a.rows[split] ?? 0), .count(difference.b.rows[split] ?? 0),
                ]
            })
        return Document([.table(table)] + [difference.a, difference.b].map { .paragraph(Self.only($0)) })
    }

    private static func only(_ side: SnapshotDifference.Side) -> String {
        var lines: [String] = []
        if !side.drops.isEmpty {
            lines.append("Only in \(side.snapshot): drops \(Quantity.list(side.drops.map(\.rawValue)))")
        }
        for split in Split.allCases {
            guard let examples = side.examples[split], !examples.isEmpty else { continue }
            let more = (side.rows[split] ?? 0) > 3 ? ", …" : ""
            lines.append(
                "Only in \(side.snapshot), \(split.rawValue): "
                    + Quantity.list(examples.prefix(3).map(\.rawValue)) + more)
        }
        return lines.joined(separator: "\n")
    }
}
