import ArgumentParser
import Foundation
import Nouns
import Platform

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the story of a run, a pipeline, a drop or a version in the journal.",
        discussion: """
            journalctl prints it, by the fields that the daemon's records have; whoever is to read them is root or a \
            member of systemd-journal. With --json each record is a line of JSON, with every field.

            Example: ftctl logs r-000042 --priority warning
            Example: ftctl logs tickets --since yesterday --follow
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A run, a pipeline, a drop or a version.", completion: .followed) var subject: String
    @Flag(name: [.customShort("f"), .long], help: "Go on with what comes.") var follow = false
    @Option(
        help: ArgumentHelp(
            "Only since then, as journalctl has it: today, yesterday, '2 hours ago', 2026-11-01.", valueName: "time"))
    var since: String?
    @Option(
        help: ArgumentHelp("Only this level and worse: debug, info, notice, warning, err, crit.", valueName: "level"))
    var priority: String?
    @Option(help: ArgumentHelp("Only the newest so many.", valueName: "count")) var lines: RowLimit?

    func validate() throws {
        guard subject.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]*/) != nil else {
            throw ValidationError("'\(subject)' names no run, pipeline, drop or version.")
        }
    }

    func run() async throws {
        do {
            let layout = try connection.layout()
            let arguments = arguments(isInstalled: layout.root.isEmpty, isJSON: connection.json)
            try Self.become("journalctl", arguments)
        } catch let failure as Failure {
            try connection.complain(failure)
            throw ExitCode(1)
        }
    }

    /// What journalctl is asked. Any program may write records with such fields, so those of the service alone count; a
    /// daemon that was started by hand is no service.
    func arguments(isInstalled: Bool, isJSON: Bool) -> [String] {
        var arguments = ["--no-hostname"]
        if isJSON { arguments += ["--output=json"] }
        if isJSON || !Terminal.isInteractive { arguments += ["--no-pager"] }
        if follow { arguments += ["--follow"] }
        if let since { arguments += ["--since=\(since)"] }
        if let priority { arguments += ["--priority=\(priority)"] }
        if let lines { arguments += ["--lines=\(lines.count)"] }
        arguments += [isInstalled ? "_SYSTEMD_UNIT=finetuned.service" : "SYSLOG_IDENTIFIER=finetuned"]
        return arguments + ["\(field)=\(subject)"]
    }

    private var field: String {
        if subject.wholeMatch(of: /v-[0-9a-f]{8,}/) != nil { return "VERSION" }
        return switch CommandWords.Form(subject) {
        case .run: "RUN"
        case .drop: "DROP"
        default: "PIPELINE"
        }
    }

    /// Goes on as another program of the path. Throws a Failure (`logs.journalctl`) where it is not there.
    private static func become(_ program: String, _ arguments: [String]) throws {
        let words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        execvp(program, words)
        throw Failure(
            code: "logs.journalctl", "journalctl cannot be started: \(String(cString: strerror(errno))).", at: program,
            remedy: "Where no systemd runs, the daemon writes to its standard error.")
    }
}
