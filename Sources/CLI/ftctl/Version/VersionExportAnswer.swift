import ControlProtocol
import Foundation
import Nouns
import Reports

/// What was exported, where it lies, and how each program loads it.
struct VersionExportAnswer: Encodable, Sendable {
    let version: VersionID
    let pipeline: PipelineName
    /// The format with its number type.
    let format: ExportFormat
    /// The folder with the files.
    let folder: String
    let files: [FileReference]
    let figures: [String: Double]
    let check: ExportRecord.Check
    let commands: [PeerCommand]

    init(_ answer: ExportAnswer, _ record: ExportRecord, folder: String) {
        version = answer.version
        pipeline = answer.pipeline
        format = record.written ?? record.format
        self.folder = folder
        files = record.files.map { file in
            var file = file
            file.path = folder + "/" + (file.path as NSString).lastPathComponent
            return file
        }
        figures = record.figures
        check = record.check ?? .gate
        commands = format.peers(in: folder, base: answer.basePath, name: answer.pipeline.rawValue)
    }

    var document: Document {
        let bytes = files.reduce(0) { $0 + $1.bytes }
        var facts = [
            Fact("version", version.rawValue), Fact("format", format.rawValue), Fact("folder", folder),
            Fact("size", "\(Quantity.bytes(bytes)) in \(files.count) \(files.count == 1 ? "file" : "files")"),
            Fact("scored on", scoredOn),
        ]
        if let difference = figures["mean_loss_difference"] {
            facts.append(
                Fact("agrees", "its losses differ from the model's by \(Quantity.number(difference)) nats a token"))
        }
        let lines = commands.flatMap { command in
            [command.program + ":"] + command.text.split(separator: "\n").map { "  \($0)" }
        }
        return Document(
            title: "Exported \(version) of \(pipeline)", [.facts(facts), .heading("Load it"), .lines(lines)])
    }

    private var scoredOn: String {
        switch check {
        case .gate: "its gate rows"
        case .probe: "the base's probe: no gate row of the version is left"
        case .texts: "three built-in texts: neither gate rows nor a probe of the base are left"
        }
    }
}
