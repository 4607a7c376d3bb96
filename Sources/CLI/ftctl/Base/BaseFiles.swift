import Foundation
import Nouns

/// The files that make a base: a GGUF, or what of a Hugging Face folder belongs to its model.
enum BaseFiles {
    /// Their paths. Throws a Failure where there is no model, naming what is there instead.
    static func of(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw fault("There is no such file or folder.", path)
        }
        guard isFolder.boolValue else { return parts(path) }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        guard names.contains("config.json") else {
            let models = names.filter { $0.hasSuffix(".gguf") && !$0.hasPrefix("mmproj") }
            let stems = Set(models.map { $0.replacing(/-[0-9]{5}-of-[0-9]{5}\.gguf$/, with: "") })
            if stems.count == 1 { return models.map { path + "/" + $0 } }
            throw other(names, models, path)
        }
        return names.filter { name in
            [".safetensors", ".json", ".jinja", ".model"].contains { name.hasSuffix($0) }
                || ["README.md", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"].contains(name)
        }.map { path + "/" + $0 }
    }

    /// A GGUF file, with the other parts beside it where it is one of several.
    private static func parts(_ path: String) -> [String] {
        let name = (path as NSString).lastPathComponent
        guard let match = name.wholeMatch(of: /(.*)-[0-9]{5}-of-([0-9]{5})\.gguf/) else { return [path] }
        let folder = (path as NSString).deletingLastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        let parts = names.filter { $0.hasPrefix(match.1 + "-") && $0.hasSuffix("-of-\(match.2).gguf") }.sorted()
        return parts.isEmpty ? [path] : parts.map { (folder as NSString).appendingPathComponent($0) }
    }

    /// What a folder without a model's configuration is.
    private static func other(_ names: [String], _ models: [String], _ path: String) -> Failure {
        if names.contains("adapter_config.json") {
            let config = FileManager.default.contents(atPath: path + "/adapter_config.json")
            let members = config.flatMap { try? JSONDecoder().decode([String: JSONValue].self, from: $0) }
            let base = members?["base_model_name_or_path"]?.stringValue
            return fault(
                "This is a LoRA adapter\(base.map { " of \($0)" } ?? ""), not a model.", path,
                "Merge it (model.merge_and_unload() of peft) and give the result, or add the base itself.")
        }
        return models.isEmpty
            ? fault("The folder has no config.json.", path)
            : fault("The folder holds \(models.count) .gguf files.", path, "Give one of the files.")
    }

    private static func fault(
        _ message: String, _ path: String, _ remedy: String = "Give a .gguf file or a Hugging Face folder."
    ) -> Failure {
        Failure(code: "client.file", message, at: path, remedy: remedy)
    }
}
