import Foundation
import Nouns
import WeightFiles

/// What lies beside exported weights for whoever loads them elsewhere: how that is done, and the base's own licence and
/// readme.
package struct ExportReadme {
    private let format: ExportFormat
    private let base: String
    private let path: String
    private let isFolder: Bool
    private let licence: String?
    private let source: BaseSource?

    /// - Parameters:
    ///   - format: one with a number type.
    ///   - base: what the base is registered as.
    ///   - path: the base's file or folder.
    ///   - isFolder: whether the base is a Hugging Face folder, which transformers and peft load by its path.
    ///   - licence: what the base's file says of its licence.
    ///   - source: where the base was fetched from.
    package init(
        _ format: ExportFormat, base: String, path: String, isFolder: Bool, licence: String?,
        source: BaseSource? = nil
    ) {
        self.format = format
        self.base = base
        self.path = path
        self.isFolder = isFolder
        self.licence = licence
        self.source = source
    }

    /// Names of a base's files that go along with what was made of it.
    private static let companions = ["LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"]

    /// Writes README.md, for GGUF files a Modelfile for Ollama, and copies what goes along with the base.
    package func write(to folder: String) throws {
        let needed = format == .peft && !isFolder ? "BASE" : path
        let peers = format.peers(in: ".", base: needed, name: "tuned").map {
            "\($0.program):\n\n\(Self.indented($0.text))\n"
        }
        let text =
            head + """
                # \(format.isAdapter ? "LoRA adapter of" : "Fine-tuned from") \(base)

                \(about)

                \(peers.joined(separator: "\n"))
                """
        try WeightFolder.write(Data(text.utf8), to: folder + "/README.md")
        if let modelfile { try WeightFolder.write(Data(modelfile.utf8), to: folder + "/Modelfile") }
        if isFolder { try copyCompanions(to: folder) }
    }

    private var about: String {
        let licence = licence.map { "The base's licence is `\($0)`; it holds for what was made of it too." }
        return ([origin] + (fetched.map { [$0] } ?? []) + (licence.map { [$0] } ?? [])).joined(separator: "\n\n")
    }

    /// The card's head as the Hub reads it, where the base is of the Hub.
    private var head: String {
        guard let repository = source?.repository else { return "" }
        let relation = format.isAdapter ? "adapter" : "finetune"
        return "---\nbase_model: \(repository)\nbase_model_relation: \(relation)\n---\n\n"
    }

    /// Where the base's files came from, each with its digest.
    private var fetched: String? {
        guard let source else { return nil }
        let files = source.files.compactMap { file in file.sha256.map { "- `\(file.path)`: SHA-256 `\($0)`" } }
        return (["The base was fetched from \(source.summary)."] + files).joined(separator: "\n")
    }

    /// What the files are, and what has to be set elsewhere.
    private var origin: String {
        switch format {
        case .peft where isFolder:
            """
            `base_model_name_or_path` is the folder of the base on the machine that trained: `\(path)`.
            Elsewhere, set it in `adapter_config.json` to the folder or the Hub id of the same model.
            """
        case .peft:
            """
            The base was registered as the GGUF `\(base)`, which peft does not load. Set `base_model_name_or_path` in
            `adapter_config.json` to the folder or the Hub id of the model that the GGUF was made of.
            """
        case .ggufLora:
            """
            `adapter.gguf` is loaded beside a GGUF of the base. On the machine that trained, the base is `\(path)`\
            \(isFolder ? "; llama.cpp's convert_hf_to_gguf.py makes a GGUF of it" : "").
            Elsewhere, name the same model in the command, and after FROM in `Modelfile`.
            """
        default: "The adapter is merged into the weights (`\(format.rawValue)`); the base is not needed any more."
        }
    }

    private var modelfile: String? {
        switch format {
        case .ggufF16, .ggufQ8: "FROM ./model.gguf\n"
        case .ggufLora: "FROM \(path)\nADAPTER ./adapter.gguf\n"
        default: nil
        }
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
    }

    /// Copies the licence and the readme of the base's folder, where it has them, the readme as BASE_README.md.
    private func copyCompanions(to folder: String) throws {
        for name in Self.companions + ["README.md"] {
            guard let data = FileManager.default.contents(atPath: path + "/" + name) else { continue }
            try WeightFolder.write(data, to: folder + "/" + (name == "README.md" ? "BASE_README.md" : name))
        }
    }
}
