import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Places
import Reports

/// Options that every command has.
struct Connection: ParsableArguments {
    @Option(help: "Root folder of the daemon, as given to finetuned --root (or environment FINETUNED_ROOT).")
    var root: String?
    @Option(help: "Seconds for which the daemon may say nothing; otherwise 60, and an hour where it has much to do.")
    var timeout: Double?
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
            try Layout.checkSocket(socket)
            try await body(ControlClient(socket: socket, patience: timeout))
        } catch let failure as Failure {
            try complain(failure)
            throw ExitCode(Self.status(failure))
        }
    }

    /// Says on standard error what went wrong: as one line of JSON where JSON is asked for, in the form of the control
    /// API.
    private func complain(_ failure: Failure) throws {
        guard json else { return Terminal.complain("\(failure)") }
        Terminal.complain(json: try ContractCoding.encode(ErrorAnswer(failure)))
    }

    /// The exit status that stands for a failure; docs/ftctl.md has the table.
    private static func status(_ failure: Failure) -> Int32 {
        switch failure.code {
        case "client.unreachable", "client.timeout": 69
        case _ where failure.code.hasPrefix("permission."), "client.permission": 77
        case "socket.path": 64
        default: 1
        }
    }

    /// Prints as JSON where asked to, else as text that fits the terminal.
    func show(_ value: some Encodable, _ document: () -> Document) throws {
        Terminal.line(
            json
                ? String(decoding: try ContractCoding.pretty(value), as: UTF8.self)
                : document().text(width: Terminal.width))
    }
}
