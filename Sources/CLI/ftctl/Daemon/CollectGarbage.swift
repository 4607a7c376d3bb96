import ArgumentParser
import ControlClient
import ControlProtocol
import Nouns
import Reports

struct CollectGarbage: Question {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove now all that nothing needs: never what is served, named, in use, or judged best.",
        discussion: """
            What goes is gone for good; records and history stay. The daemon does the same by itself, by [retention].

            Example: ftctl gc --dry-run
            """)
    @OptionGroup var connection: Connection
    @Flag(help: "Only say what would be removed.") var dryRun = false

    func ask(_ client: ControlClient) async throws -> GarbagePlan {
        try await client.send(dryRun ? VersionEndpoints.garbage() : VersionEndpoints.clear())
    }

    func document(_ plan: GarbagePlan) -> Document {
        let verb = plan.removed ? "Removed" : "Would remove"
        return Document([
            .table(
                Table(
                    ["KEEPS", .text("WHY")], cells: plan.kept.map { [Cell($0.version.rawValue), Cell($0.reason)] })),
            .table(
                Table(
                    [Column(verb.uppercased()), .number("SIZE"), .text("WHY")],
                    cells: plan.items.map { [Cell($0.path), Cell(Quantity.bytes($0.bytes)), Cell($0.reason)] })),
            .paragraph(
                """
                \(verb) \(Quantity.counted(plan.items.count, "file or folder", "files and folders")), \
                \(Quantity.bytes(plan.bytes)).
                """),
        ])
    }
}
