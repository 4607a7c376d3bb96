import ArgumentParser
import Foundation
import Nouns

/// A command that there is none of, with the one that was probably meant.
struct Misspelling: Equatable {
    let text: String

    /// nil where the words begin a command, or may do so.
    init?(_ arguments: [String]) {
        let arguments = ShortForms.leading(arguments).rest
        guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
        guard let verbs = ShortForms.verbs[first] else {
            guard !Self.commands.contains(first) else { return nil }
            text = Self.text([first], near: NearestName.of(first, among: Self.commands))
            return
        }
        let rest = arguments.dropFirst()
        if let (file, pipeline) = Self.fileWithoutPipeline(first, Array(rest), verbs) {
            text = """
                Name the pipeline that '\(file)' is for first: `ftctl drop \(pipeline ?? "PIPELINE") \(file)`. \
                `ftctl pipelines` lists them.
                """
            return
        }
        guard let next = rest.first, !next.hasPrefix("-"), next != "help", !verbs.contains(next),
            rest.count(where: { !$0.hasPrefix("-") }) > (Self.names[first] ?? Int.max),
            let near = NearestName.of(next, among: verbs)
        else { return nil }
        text = Self.text([first, next], near: "\(first) \(near)")
    }

    /// What somebody wants to drop who names no pipeline, or names it last; nil for every other command.
    private static func fileWithoutPipeline(_ noun: String, _ rest: [String], _ verbs: Set<String>) -> (
        file: String, pipeline: String?
    )? {
        let names = rest.filter { !$0.hasPrefix("-") }
        // No pipeline's name has a full stop or a slash.
        guard noun == "drop", let name = names.first, !verbs.contains(name), name != "help",
            names.count == 1 || name.contains(where: { "./".contains($0) }),
            FileManager.default.fileExists(atPath: name)
        else { return nil }
        let last = names.count == 2 ? names[1] : nil
        return (name, last.flatMap { FileManager.default.fileExists(atPath: $0) ? nil : $0 })
    }

    /// Every first word.
    private static var commands: Set<String> {
        Set(ShortForms.words.keys).union(ShortForms.verbs.keys).union(
            Ftctl.configuration.subcommands.map { $0._commandName }
        )
        .union(["help", "show", "gates"])
    }

    /// How many names the short form of a noun takes. More are no short form, so the first is a verb that is misspelt;
    /// `drop PIPELINE FILE…` takes any number.
    private static let names = [
        "run": 1, "pipeline": 1, "base": 1, "version": 2, "data": 1, "experiment": 0,
    ]

    private static func text(_ words: [String], near: String?) -> String {
        "There is no command '\(words.joined(separator: " "))'. "
            + (near.map { "Did you mean '\($0)'?" } ?? "See `ftctl help`.")
    }
}
