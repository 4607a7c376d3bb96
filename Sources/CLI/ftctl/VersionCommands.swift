import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The model versions of a pipeline.",
        subcommands: [List.self, ShowVersion.self, Note.self, Tag.self, Alias.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every version, newest first.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(try await client.get([VersionSummary].self, ControlRoute.versions(pipeline))) {
                    Version.table($0)
                }
            }
        }
    }

    struct ShowVersion: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "One version: lineage, figures, exports, notes.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Argument(help: "A version, or an alias such as current or previous.") var version = "current"

        func run() async throws {
            try await connection.use { client in
                try connection.show(
                    try await client.get(VersionSummary.self, ControlRoute.version(pipeline, version)), Version.text)
            }
        }
    }

    struct Note: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a note to a version; an empty one removes it.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Argument(help: "A version or an alias.") var version: String
        @Argument(help: "The note.") var text: String

        func run() async throws {
            try await connection.use { client in
                let answer = try await client.post(
                    VersionSummary.self, ControlRoute.version(pipeline, version), AnnotateRequest(notes: text))
                try connection.show(answer, Version.text)
            }
        }
    }

    struct Tag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set tags of a version (KEY=VALUE), or remove them (KEY=).")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Argument(help: "A version or an alias.") var version: String
        @Argument(help: "KEY=VALUE, or KEY= to remove.") var tags: [String]

        func run() async throws {
            var changes: [String: String?] = [:]
            for tag in tags {
                guard let equals = tag.firstIndex(of: "="), equals != tag.startIndex else {
                    throw ValidationError("'\(tag)' is not KEY=VALUE.")
                }
                let value = String(tag[tag.index(after: equals)...])
                changes.updateValue(value.isEmpty ? nil : value, forKey: String(tag[..<equals]))
            }
            let request = AnnotateRequest(tags: changes)
            try await connection.use { client in
                try connection.show(
                    try await client.post(VersionSummary.self, ControlRoute.version(pipeline, version), request),
                    Version.text)
            }
        }
    }

    struct Alias: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a version a name of your own; without a version, take the name away.")
        @OptionGroup var connection: Connection
        @Argument(help: "The pipeline.") var pipeline: String
        @Argument(help: "The name.") var name: String
        @Argument(help: "The version (or another alias) that gets it.") var version: String?

        func run() async throws {
            try await connection.use { client in
                let answer = try await client.post(
                    [VersionSummary].self, ControlRoute.aliases(pipeline), AliasRequest(name: name, version: version))
                try connection.show(answer) { Version.table($0) }
            }
        }
    }

    static func table(_ versions: [VersionSummary]) -> String {
        Terminal.table(
            ["VERSION", "NAMES", "RUN", "MADE", "PARENT", "VERDICT", "NOTE"],
            versions.map {
                [
                    $0.version.id.rawValue + ($0.present ? "" : " (removed)"), $0.aliases.joined(separator: ", "),
                    $0.version.run.rawValue,
                    Terminal.time($0.version.createdAt), $0.version.parent?.rawValue ?? "the base",
                    ($0.forced ? "FORCED, " : "") + ($0.verdict ?? "–"),
                    $0.version.notes ?? "",
                ]
            })
    }

    static func text(_ summary: VersionSummary) -> String {
        let version = summary.version
        var rows = [
            ["names", summary.aliases.isEmpty ? "–" : summary.aliases.joined(separator: ", ")],
            ["run", version.run.rawValue],
            ["verdict", (summary.forced ? "FORCED, " : "") + (summary.verdict ?? "–")],
            ["base", "\(version.base) \(version.baseDigest.prefix(16))"],
            ["parent", version.parent?.rawValue ?? "the base"], ["snapshot", version.snapshot.rawValue],
            ["made", Terminal.time(version.createdAt)],
            ["by", "\(version.code) on \(version.machine)"], ["seed", String(version.recipe.seed)],
        ]
        rows += version.adapters.map { ["adapter", "\($0.path) \($0.sha256.prefix(16))"] }
        rows += summary.figures.sorted { $0.key < $1.key }.map { [$0.key.rawValue, Terminal.number($0.value)] }
        rows += summary.exports.map {
            [
                "export",
                "\($0.format.rawValue): \($0.state == .done ? $0.path : "failed: \($0.failure?.description ?? "")")",
            ]
        }
        rows += version.tags.sorted { $0.key < $1.key }.map { ["tag", "\($0.key)=\($0.value)"] }
        if let notes = version.notes { rows.append(["note", notes]) }
        if !summary.present { rows.append(["files", "removed by ftctl gc"]) }
        return Terminal.table(["version", version.id.rawValue], rows)
    }
}

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Two versions side by side.")
    @OptionGroup var connection: Connection
    @Argument(help: "The pipeline.") var pipeline: String
    @Argument(help: "A version or an alias.") var a: String
    @Argument(help: "Another.") var b: String

    func run() async throws {
        try await connection.use { client in
            let answer = try await client.get(
                VersionComparison.self, ControlRoute.compare, ["pipeline": pipeline, "a": a, "b": b])
            try connection.show(answer) { comparison in
                let names = Set(comparison.a.figures.keys).union(comparison.b.figures.keys).sorted()
                let rows =
                    names.map { name in
                        let (x, y) = (comparison.a.figures[name], comparison.b.figures[name])
                        return [
                            name.rawValue, Terminal.number(x), Terminal.number(y),
                            x.flatMap { x in y.map { Terminal.number($0 - x) } } ?? "–",
                        ]
                    } + comparison.differences.map { [$0.what, $0.a, $0.b, ""] }
                return Terminal.table(
                    ["", comparison.a.version.id.rawValue, comparison.b.version.id.rawValue, "DIFFERENCE"], rows)
                    + (comparison.sameGateRows
                        ? ""
                        : "\nThe two were judged on different gate rows; their figures are only roughly comparable.")
            }
        }
    }
}

struct GarbageCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what nothing needs: never what is served, named, a parent, or judged best."
    )
    @OptionGroup var connection: Connection
    @Flag(help: "Only say what would be removed.") var dryRun = false

    func run() async throws {
        try await connection.use { client in
            let plan =
                dryRun
                ? try await client.get(GarbagePlan.self, ControlRoute.garbage)
                : try await client.post(GarbagePlan.self, ControlRoute.garbage, [String: String]())
            try connection.show(plan) { plan in
                let verb = plan.removed ? "Removed" : "Would remove"
                var lines = plan.kept.map { "keeps \($0.version): \($0.reason)" }
                lines += plan.items.map {
                    "\(verb.lowercased()) \($0.path) (\(Terminal.bytes($0.bytes))): \($0.reason)"
                }
                lines.append("\(verb) \(plan.items.count) files and folders, \(Terminal.bytes(plan.bytes))")
                return lines.joined(separator: "\n")
            }
        }
    }
}
