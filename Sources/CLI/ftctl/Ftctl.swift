import ArgumentParser
import ControlClient
import Foundation
import Nouns
import Places

/// The command line of the daemon.
@main
struct Ftctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ftctl",
        abstract: "Talks to finetuned.",
        discussion: """
            Exit status: 0 done; 1 refused or not found, with the reason; 2 a watched run ended without being \
            promoted; 64 wrong command line;
            69 the daemon does not answer.
            """,
        version: BuildVersion.text,
        subcommands: [
            Status.self, Pipelines.self, Pipeline.self, Runs.self, Show.self, Watch.self, Report.self, Gates.self,
            RunNow.self, Promote.self,
            Rollback.self, History.self, Cancel.self, Drops.self, DropReport.self, Base.self, DataCommands.self,
            Generate.self, Version.self,
            Compare.self, GarbageCollect.self, ExperimentCommand.self,
        ])
}

/// Options that every command has.
struct Connection: ParsableArguments {
    @Option(help: "Root folder of the daemon, as given to finetuned --root (or environment FINETUNED_ROOT).")
    var root: String?
    @Flag(help: "Print JSON.")
    var json = false

    var socket: String {
        if root == nil, let path = ProcessInfo.processInfo.environment["FINETUNED_SOCKET"] { return path }
        return layout.socket
    }

    /// Where the daemon's files are.
    var layout: Layout {
        let folder = root ?? ProcessInfo.processInfo.environment["FINETUNED_ROOT"] ?? "/"
        return Layout(root: URL(filePath: folder).standardizedFileURL.path)
    }

    /// Runs `body` with a client; failures become one line on standard error and an exit status.
    func use(_ body: (ControlClient) async throws -> Void) async throws {
        do {
            try await body(ControlClient(socket: socket))
        } catch let failure as Failure {
            Terminal.complain("\(failure)")
            throw ExitCode(failure.code == "client.unreachable" ? 69 : 1)
        }
    }

    /// Prints as JSON where asked to, else by `text`.
    func show<T: Encodable>(_ value: T, _ text: (T) -> String) throws {
        Terminal.line(json ? String(decoding: try ContractCoding.pretty(value), as: UTF8.self) : text(value))
    }
}
