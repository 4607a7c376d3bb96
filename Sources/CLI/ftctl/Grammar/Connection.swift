import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Places
import Platform
import Reports

/// Options that every command has.
struct Connection: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Root folder of the daemon, as given to finetuned --root (or environment FINETUNED_ROOT).",
            valueName: "folder"))
    var root: String?
    @Option(
        help: ArgumentHelp(
            """
            Seconds for which the daemon may say nothing; otherwise 60, and an hour where it has much to do. Where a \
            command waits, for how long (exit status 3 then).
            """, valueName: "seconds"))
    var timeout: Double?
    @Flag(help: "Print JSON; errors as well.")
    var json = false
    @Option(
        help: ArgumentHelp(
            "Colours: auto, always or never. auto has them on a terminal, unless NO_COLOR is set.", valueName: "when"))
    var color = ColorChoice.auto

    /// Which daemon is spoken to. Throws a Failure where it is one of somebody else.
    func place() throws -> DaemonPlace { try DaemonPlace(root: root, .own) }

    /// Where the daemon's files are. Throws as ``place()`` does.
    func layout() throws -> Layout { try place().layout }

    /// Runs `body` with a client; failures become one line on standard error and an exit status.
    ///
    /// - Parameter waits: whether `--timeout` is how long something is waited for, and not how long the daemon may say
    ///   nothing.
    func use(waits: Bool = false, _ body: (ControlClient) async throws -> Void) async throws {
        do {
            let place = try place()
            if place.isFound { Terminal.note("This is the daemon of \(place.layout.root).") }
            try Layout.checkSocket(place.socket)
            try await body(ControlClient(socket: place.socket, patience: waits ? nil : timeout))
        } catch let failure as Failure {
            try complain(failure)
            throw ExitCode(Self.status(failure))
        } catch let failure as FileFailure {
            try complain(failure.failure)
            throw ExitCode(1)
        }
    }

    /// Says on standard error what went wrong: as one line of JSON where JSON is asked for, in the form of the control
    /// API.
    func complain(_ failure: Failure) throws {
        guard json else { return Terminal.complain("\(failure)") }
        Terminal.complain(json: try ContractCoding.encode(ErrorAnswer(failure)))
    }

    /// The exit status that stands for a failure; docs/ftctl.md has the table.
    private static func status(_ failure: Failure) -> Int32 {
        switch failure.code {
        case "client.unreachable", "client.timeout": 69
        case _ where failure.code.hasPrefix("permission."), "client.permission", "client.owner", "drop.permission": 77
        case "client.waited": 3
        case "socket.path": 64
        default: 1
        }
    }

    /// Prints as JSON where asked to, else as text that fits the terminal.
    func show(_ value: some Encodable, _ document: () -> Document) throws {
        Terminal.line(
            json
                ? String(decoding: try ContractCoding.pretty(value), as: UTF8.self)
                : document().text(width: Terminal.width, isColoured: color.isColoured))
    }
}
