import Foundation
import Nouns
import Platform
import Transformers
import WeightFiles

extension LoadedModel {
    /// All files of the base, by digest; paths are relative to its folder.
    ///
    /// Throws what `interruption`, asked every megabyte, throws.
    package func files(interruption: Interruption = {}) throws -> [FileReference] {
        let (folder, names) = try place()
        return try names.map { name in
            var reference = try FileReference(of: folder + "/" + name, interruption: interruption)
            reference.path = name
            return reference
        }
    }

    /// The same files with their sizes alone.
    package func sizes() throws -> [FileReference] {
        let (folder, names) = try place()
        return try names.map { name in
            let bytes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int
            return FileReference(path: name, sha256: "", bytes: bytes ?? 0)
        }
    }

    /// The folder of the files, and their names in it.
    private func place() throws -> (folder: String, names: [String]) {
        guard let gguf else { return (path, try HuggingFaceFolder(path: path).files) }
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent().path
        let template = TokenizerFile.templateName
        let hasTemplate = FileManager.default.fileExists(atPath: folder + "/" + template)
        let names = gguf.parts.map { ($0 as NSString).lastPathComponent }
        return (folder, names + (hasTemplate ? [template] : []))
    }

    /// The identity of a base: SHA-256 over the sorted digests of its files.
    package static func digest(of files: [FileReference]) -> String {
        Digest.sha256(Data(files.map(\.sha256).sorted().joined(separator: "\n").utf8))
    }

    /// SHA-256 over all that decides how text becomes tokens.
    package func tokenizerDigest() throws -> String {
        guard let gguf else { return try FileReference(of: path + "/tokenizer.json").sha256 }
        var hash = SHA256()
        for key in gguf.metadata.keys.sorted() where key.hasPrefix("tokenizer.ggml.") {
            hash.update(Data("\(key)\0".utf8))
            switch gguf.metadata[key] {
            case .texts(let texts)?: for text in texts { hash.update(Data("\(text)\0".utf8)) }
            case .integers(let numbers)?: numbers.withUnsafeBytes { hash.update($0) }
            case .numbers(let numbers)?: numbers.withUnsafeBytes { hash.update($0) }
            case let value?: hash.update(Data("\(value)\0".utf8))
            case nil: break
            }
        }
        return Digest.hex(hash.finish())
    }

    /// SHA-256 of the chat template; nil where the model has none.
    package var templateDigest: String? { text.tokenizer.chatTemplate.map { Digest.sha256(Data($0.utf8)) } }
}
