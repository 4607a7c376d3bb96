import ArgumentParser

/// What a shell may offer for the word at its cursor.
///
/// The scripts of all shells ask the program, so that short forms are completed as they are understood, and names are
/// those that the daemon has now. Which offers begin as what was typed is the shell's affair: each has its own rules.
struct Completion {
    /// One thing that is offered.
    enum Offer: Hashable {
        case word(String, about: String?)
        /// The shell's own files or folders.
        case files, folders

        /// A line for a script.
        var line: String {
            switch self {
            case .word(let word, let about):
                word + "\t" + (about ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
            case .files: ":files"
            case .folders: ":folders"
            }
        }
    }

    /// The word by which scripts ask; behind it are the words before the cursor, and the one at it.
    static let word = "---complete"

    private let all: CommandDescription
    /// The words before the one at the cursor, without options that every command has and that stand first.
    private let words: [String]
    private let current: String

    init(_ arguments: [String]) throws {
        all = try CommandDescription.all()
        // bash makes words of what stands on both sides of an equals sign, and one of the sign.
        var arguments = arguments
        if arguments.last == "=" { arguments[arguments.count - 1] = "" }
        let isSign = { (index: Int) in index > 0 && arguments[index] == "=" && arguments[index - 1].hasPrefix("--") }
        let parts = arguments.indices.filter { !isSign($0) }.map { arguments[$0] }
        current = parts.last ?? ""
        words = Array(ShortForms.leading(parts).rest.dropLast())
    }

    /// What is offered, in the order of help.
    func offers() async -> [Offer] {
        guard let first = words.first else { return current.hasPrefix("-") ? options(of: ["status"]) : firstWords }
        if first.hasPrefix("-") { return await values(of: first, ["status"]) }
        if first == "help" { return help }
        if words == ["show"] { return await values([["run", "show"], ["drop", "show"], ["experiment", "show"]]) }
        if words.count == 1, ShortForms.verbs[first] != nil { return await noun(first) }
        return await command(ShortForms.long(words))
    }

    // MARK: - Words

    /// Nouns, other commands and everyday words.
    private var firstWords: [Offer] {
        let commands = subcommands(of: all)
        let everyday = ShortForms.words.sorted { $0.key < $1.key }.map {
            Offer.word($0.key, about: all.command($0.value)?.abstract)
        }
        return commands + everyday + [.word("show", about: "Show a run, a drop or an experiment.")]
    }

    private var help: [Offer] {
        words.count == 1 ? firstWords : all.subcommand(words[1]).map { subcommands(of: $0) } ?? []
    }

    private func subcommands(of command: CommandDescription) -> [Offer] {
        (command.subcommands ?? []).filter { $0.commandName != "help" || command.commandName == all.commandName }
            .map { .word($0.commandName, about: $0.abstract) }
    }

    /// The verbs of a noun, and the names that may stand in a verb's place.
    private func noun(_ noun: String) async -> [Offer] {
        if current.hasPrefix("-") { return options(of: [noun, "list"]) }
        let named = await values(ShortForms.named[noun] ?? [])
        return (all.subcommand(noun).map { subcommands(of: $0) } ?? []) + named
    }

    /// What may follow in a command that is written in full.
    private func command(_ words: [String]) async -> [Offer] {
        let paths = words.indices.map { Array(words[...$0]) }
        guard let path = paths.last(where: { all.command($0) != nil }), let command = all.command(path) else {
            return []
        }
        var given: [String] = []
        var used: Set<String> = []
        var rest = words.dropFirst(path.count)
        var isOver = false
        while let word = rest.popFirst() {
            if isOver || !word.hasPrefix("-") || word == "-" {
                given.append(word)
            } else if word == "--" {
                isOver = true
            } else {
                used.insert(word)
                guard command.option(word)?.kind == .option else { continue }
                if rest.popFirst() == nil { return await values(of: word, path, given) }
            }
        }
        if current.hasPrefix("-"), !isOver { return await optionsOrValue(path, used, given) }
        let offers = await values([path], given) + subcommands(of: command)
        // Where nothing has to follow, what may.
        let isComplete = offers.isEmpty && !isOver && given.count >= command.positionals.count
        return isComplete ? options(of: path, but: used) : offers
    }

    // MARK: - Options

    private func options(of path: [String], but used: Set<String> = []) -> [Offer] {
        (all.command(path)?.arguments ?? []).filter {
            $0.kind != .positional && $0.shouldDisplay && ($0.isRepeating || used.isDisjoint(with: $0.words))
        }
        .flatMap { option in
            option.words.filter { $0.hasPrefix("--") }.map { .word($0, about: option.abstract) }
        }
    }

    /// `--state=qu`: the values, with what stands before them.
    private func optionsOrValue(_ path: [String], _ used: Set<String>, _ given: [String]) async -> [Offer] {
        guard let sign = current.firstIndex(of: "=") else { return options(of: path, but: used) }
        return await values(of: String(current[..<sign]), path, given).map {
            guard case .word(let value, let about) = $0 else { return $0 }
            return .word(current[...sign] + value, about: about)
        }
    }

    // MARK: - Values

    private func values(of option: String, _ path: [String], _ given: [String] = []) async -> [Offer] {
        guard let argument = all.command(path)?.option(option), argument.kind == .option else { return [] }
        return await values(argument, option, path, given)
    }

    /// What may stand behind the given names of these commands, each once.
    private func values(_ paths: [[String]], _ given: [String] = []) async -> [Offer] {
        var offers: [Offer] = []
        for path in paths {
            let positionals = all.command(path)?.positionals ?? []
            guard let last = positionals.last, given.count < positionals.count || last.isRepeating else { continue }
            let index = min(given.count, positionals.count - 1)
            for offer in await values(positionals[index], "positional@\(index)", path, given)
            where !offers.contains(offer) { offers.append(offer) }
        }
        return offers
    }

    private func values(
        _ argument: CommandDescription.Argument, _ name: String, _ path: [String], _ given: [String]
    ) async -> [Offer] {
        switch argument.completionKind {
        case .file: return [.files]
        case .directory: return [.folders]
        case .custom, .customAsync: return await names(name, path, given)
        case .list(let values): return values.map { .word($0, about: argument.allValueDescriptions?[$0]) }
        case nil where argument.valueName == "file": return [.files]
        case nil where argument.valueName == "folder": return [.folders]
        case nil, .shellCommand, .customDeprecated:
            return (argument.allValues ?? []).map { .word($0, about: argument.allValueDescriptions?[$0]) }
        }
    }

    /// Names of the daemon: only the parser knows what was said of the argument.
    private func names(_ argument: String, _ path: [String], _ given: [String]) async -> [Offer] {
        do {
            _ = try await Ftctl.asyncParseAsRoot(["---completion"] + path + ["--", argument, "0", "0"] + given)
            return []
        } catch {
            return Ftctl.message(for: error).split(separator: "\n").map { .word(String($0), about: nil) }
        }
    }
}
