import ControlProtocol
import Nouns
import Reports

extension EngineSummary: TableRow {
    package static var columns: [Column] {
        ["ENGINE", "PROGRAM", "DEVICES", .number("RANKS"), "PRECISION", .number("AT WORK"), .text("STATE")]
    }

    package var cells: [Cell] {
        [
            Cell(name.rawValue), Cell(program), Cell(description.map { Quantity.list($0.devices) } ?? Quantity.none),
            .count(ranks), Cell(weights), Cell("\(used) of \(slots)"),
            Cell(problem?.message ?? (description == nil ? "not asked" : "ready")),
        ]
    }

    private var weights: String { quantise == "none" ? precision : "\(precision), \(quantise)" }

    /// Everything about it.
    var document: Document {
        var facts = [
            Fact("program", program), Fact("launcher", launcher), Fact("ranks", "\(ranks), \(parallel)"),
            Fact("precision", weights), Fact("at work", "\(used) of \(slots)"),
            Fact("pipelines", Quantity.list(pipelines.map(\.rawValue))),
        ]
        if let file { facts.insert(Fact("file", file), at: 0) }
        if let description {
            facts += [
                Fact("devices", Quantity.list(description.devices)), Fact("tasks", Quantity.list(description.tasks)),
                Fact("methods", Quantity.list(description.methods)),
                Fact("architectures", Quantity.list(description.architectures)),
                Fact("recipe", Quantity.list(description.recipe)),
            ]
            facts += description.versions.sorted { $0.key < $1.key }.map { Fact("version", "\($0.key) \($0.value)") }
        }
        return Document(
            title: "Engine \(name)", [.facts(facts)] + (problem.map { [.paragraph("! \($0)")] } ?? []))
    }
}
