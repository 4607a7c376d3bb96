import ControlProtocol
import Nouns
import Reports

extension VersionSummary: TableRow {
    package static var columns: [Column] {
        ["VERSION", "NAMES", "RUN", "MADE", "PARENT", .text("VERDICT"), .text("NOTE")]
    }

    package var cells: [Cell] {
        [
            Cell(version.id.rawValue + (present ? "" : " (removed)")), Cell(aliases.joined(separator: ", ")),
            Cell(version.run.rawValue), .time(version.createdAt),
            Cell(version.parent?.rawValue ?? "the base"), Cell(shownVerdict),
            Cell(version.notes ?? (version.foreign == nil ? "" : "foreign")),
        ]
    }

    /// The verdict, and whether it was overridden.
    var shownVerdict: String { (forced ? "FORCED, " : "") + (verdict ?? Quantity.none) }

    /// Where a foreign one comes from.
    private static func facts(_ foreign: ForeignOrigin) -> [Fact] {
        [
            Fact(
                "foreign", "\(foreign.version) of \(foreign.pipeline), added by \(foreign.addedBy)"),
            Fact("judged there", foreign.verdict ?? Quantity.none),
        ]
    }

    /// Everything about it.
    var document: Document {
        let digest = { (text: String) in String(text.prefix(16)) }
        var facts = [
            Fact("names", Quantity.list(aliases)), Fact("run", version.run.rawValue), Fact("verdict", shownVerdict),
            Fact("base", "\(version.base) \(digest(version.baseDigest))"),
            Fact("parent", version.parent?.rawValue ?? "the base"), Fact("snapshot", version.snapshot.rawValue),
            Fact("made", Quantity.time(version.createdAt)), Fact("by", "\(version.code) on \(version.machine)"),
            Fact("seed", String(version.recipe.seed)),
        ]
        facts += version.baseSource.map { [Fact("base fetched from", $0.summary)] } ?? []
        facts += version.foreign.map(Self.facts) ?? []
        facts += version.engine.map { [Fact("engine", $0.summary)] } ?? []
        facts += version.adapters.map { Fact("adapter", "\($0.path) \(digest($0.sha256))") }
        facts += figures.sorted { $0.key < $1.key }.map { Fact($0.key.rawValue, Quantity.number($0.value)) }
        facts += feedback.map { [Fact("rated", $0.sentence)] } ?? []
        facts += exports.map { export in
            let what = export.state == .done ? export.path : "failed: \(export.failure?.description ?? "")"
            return Fact("export", "\(export.format.rawValue): \(what)")
        }
        facts += version.tags.sorted { $0.key < $1.key }.map { Fact("tag", "\($0.key)=\($0.value)") }
        facts += version.notes.map { [Fact("note", $0)] } ?? []
        if !present { facts.append(Fact("files", "removed by ftctl gc")) }
        return Document(title: "Version \(version.id) of \(version.pipeline)", [.facts(facts)])
    }
}
