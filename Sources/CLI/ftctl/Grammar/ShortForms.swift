import ArgumentParser
import Nouns

/// Short forms of the noun-verb commands: everyday words, and nouns whose verb the form of the next word tells.
enum ShortForms {
    /// Everyday words, by the command that they stand for.
    static let words: [String: [String]] = [
        "runs": ["run", "list"], "drops": ["drop", "list"], "pipelines": ["pipeline", "list"],
        "bases": ["base", "list"], "engines": ["engine", "list"], "experiments": ["experiment", "list"],
        "versions": ["version", "list"],
        "watch": ["run", "watch"], "report": ["run", "report"], "explain": ["run", "explain"],
        "promote": ["run", "promote"], "cancel": ["run", "cancel"], "pause": ["run", "pause"],
        "resume": ["run", "resume"], "rollback": ["pipeline", "rollback"],
        "history": ["pipeline", "history"], "generate": ["pipeline", "generate"], "compare": ["version", "compare"],
    ]

    /// What there is, in the words of `ftctl --help`.
    static let inWords = [
        ("lists", "runs, drops, pipelines, bases, engines, experiments, versions NAME"),
        ("of a run", "watch, report, explain, promote, pause, resume, cancel: `watch` is `run watch`"),
        ("of a pipeline", "generate, history, rollback: `history NAME` is `pipeline history NAME`"),
        ("of versions", "compare"),
        ("by identifier", "show ID, drop ID, run ID, data ID: what its form says, d-…, r-…, x-…"),
        ("files", "drop PIPELINE FILE … is `drop add PIPELINE FILE …`"),
        ("a run now", "run PIPELINE is `pipeline run PIPELINE`"),
        ("a noun alone", "NOUN is `NOUN list`"),
    ]

    /// The commands that a noun with a name stands for, by what the name names: what completion offers behind a noun.
    static let named: [String: [[String]]] = [
        "drop": [["drop", "add"], ["drop", "show"]], "run": [["pipeline", "run"], ["run", "show"]],
        "pipeline": [["pipeline", "show"]], "base": [["base", "show"]], "engine": [["engine", "show"]],
        "version": [["version", "list"]], "data": [["data", "list"], ["data", "show"]],
        "experiment": [["experiment", "show"]], "feedback": [["feedback", "list"]],
    ]

    /// The verbs of every noun.
    static var verbs: [String: Set<String>] {
        var verbs: [String: Set<String>] = [:]
        for noun in Ftctl.nouns {
            verbs[noun._commandName] = Set(noun.configuration.subcommands.map { $0._commandName })
        }
        return verbs
    }

    /// The command line in full; a long form and an unknown word stay as they are.
    static func long(_ arguments: [String]) -> [String] {
        let (options, rest) = leading(arguments)
        return command(rest) + options
    }

    /// Those of the options of every command that have a value.
    private static let withValue = ["--root", "--timeout", "--color"]

    /// Options that every command takes, where they stand before the command, and the words after them.
    static func leading(_ arguments: [String]) -> (options: [String], rest: [String]) {
        var count = 0
        while count < arguments.count {
            switch arguments[count] {
            case "--json": count += 1
            case let word where withValue.contains(word) && count + 1 < arguments.count: count += 2
            case let word where withValue.contains { word.hasPrefix($0 + "=") }: count += 1
            default: return (Array(arguments[..<count]), Array(arguments[count...]))
            }
        }
        return ([], arguments)
    }

    private static func command(_ arguments: [String]) -> [String] {
        guard let first = arguments.first else { return arguments }
        let rest = Array(arguments.dropFirst())
        if first == "help", let word = rest.first { return ["help"] + (words[word] ?? [word]) + rest.dropFirst() }
        if let long = words[first] { return long + rest }
        if first == "show" { return [noun(of: rest.first), "show"] + rest }
        // What `ftctl gates explain RUN` was before runs had a noun.
        if first == "gates" { return ["run", "explain"] + (rest.first == "explain" ? Array(rest.dropFirst()) : rest) }
        guard let verbs = verbs[first] else { return arguments }
        guard let next = rest.first else { return [first, "list"] }
        if verbs.contains(next) || next == "help" || ["-h", "--help", "--help-hidden", "--version"].contains(next) {
            return arguments
        }
        if next.hasPrefix("-") { return [first, "list"] + rest }
        return command(first, next, rest) + rest
    }

    /// What a noun with a name means, by the form of the name.
    private static func command(_ noun: String, _ name: String, _ rest: [String]) -> [String] {
        switch (noun, CommandWords.Form(name)) {
        case ("drop", .drop), ("run", .run), ("experiment", .experiment), ("data", .drop): [noun, "show"]
        case ("drop", _): ["drop", "add"]
        case ("run", _): ["pipeline", "run"]
        case ("pipeline", _), ("base", _), ("engine", _): [noun, "show"]
        case ("version", _): ["version", rest.count > 1 && !rest[1].hasPrefix("-") ? "show" : "list"]
        case ("data", _): ["data", "list"]
        case ("feedback", _): ["feedback", name.hasPrefix("chatcmpl-") ? "add" : "list"]
        default: [noun]
        }
    }

    /// The noun that an identifier belongs to; a run where its form does not say.
    private static func noun(of identifier: String?) -> String {
        switch identifier.map(CommandWords.Form.init) {
        case .drop: "drop"
        case .experiment: "experiment"
        default: "run"
        }
    }
}
