import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct VersionExport: Question {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a version for other programs, in a folder of your own where you name one.",
        discussion: """
            The daemon writes it and scores what it wrote. An interrupted command goes on where it was.

            Example: ftctl version export tickets --format gguf-q8_0 --out tickets-gguf
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A version, or a pipeline for what it serves.", completion: .pipelines) var model: String
    @Argument(
        help: "Where a pipeline is named: a version of it, or an alias such as previous.", completion: .versions)
    var version: String?
    @Option(help: "What is written: \(ExportFormat.list).") var format: ExportFormat
    @Option(
        help: ArgumentHelp(
            "The folder to make; it must not be there yet. Without it the files stay with the daemon.",
            valueName: "folder"))
    var out: String?

    /// How often the daemon is asked how far it is.
    private static let pause = Duration.milliseconds(500)

    func ask(_ client: ControlClient) async throws -> VersionExportAnswer {
        let folder = try out.map { try ReceivedFolder($0) }
        var answer = try await client.send(
            .versions.export(ExportRequest(model: model, version: version, format: format)))
        var told = ""
        while answer.state.isOpen {
            let now =
                answer.state == .writing
                ? "The daemon writes \(answer.version) as \(format.rawValue) …"
                : "\(answer.version) waits for \(answer.ahead == 0 ? "its turn" : "\(answer.ahead) other exports") …"
            if now != told, !connection.json { Terminal.remark(now) }
            told = now
            try await Task.sleep(for: Self.pause)
            answer = try await next(answer, client)
        }
        if let failure = answer.failure { throw failure }
        guard let record = answer.record else {
            throw Failure(code: "client.answer", "The daemon gave no files.", at: format.rawValue)
        }
        guard let folder else { return VersionExportAnswer(answer, record, folder: record.path) }
        try await folder.receive(record, client) { if !connection.json { Terminal.remark($0) } }
        return VersionExportAnswer(answer, record, folder: folder.path)
    }

    /// How far it is; where the daemon was started anew meanwhile, it is asked again.
    private func next(_ answer: ExportAnswer, _ client: ControlClient) async throws -> ExportAnswer {
        do {
            return try await client.send(.versions.exported(ExportPlace(answer.version, format.rawValue)))
        } catch let failure as Failure where failure.code == "export.unknown" {
            return try await client.send(
                .versions.export(ExportRequest(model: answer.version.rawValue, format: format)))
        }
    }

    func document(_ answer: VersionExportAnswer) -> Document { answer.document }
}

extension ExportFormat: ExpressibleByArgument {}
