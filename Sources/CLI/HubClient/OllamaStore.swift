import Foundation
import Nouns

/// Models in a store of Ollama: `manifests/HOST/NAMESPACE/MODEL/TAG` names blobs by digest.
///
/// Source: Ollama 0.12, `manifest/paths.go`, `types/model/name.go`.
package struct OllamaStore: Sendable {
    /// One model of the store.
    package struct Model: Hashable, Sendable {
        /// As Ollama's own commands take it, such as `llama3.2:1b`.
        package var name: String
        /// The blob with the weights.
        package var blob: String
        package var bytes: Int
        package var sha256: String
        /// Whether the model has a template of Ollama's own, which is in Go's language.
        package var hasTemplate: Bool
        package var isReadable: Bool { access(blob, R_OK) == 0 }
    }

    private struct Manifest: Decodable {
        struct Layer: Decodable {
            var mediaType: String
            var digest: String
            var size: Int
        }
        var layers: [Layer]
    }

    private static let registry = "registry.ollama.ai"
    private static let namespace = "library"

    package let root: String

    package init(_ root: String) { self.root = root }

    /// The stores of this machine: that of `OLLAMA_MODELS`, else the person's own and the service's.
    package static func all(_ environment: [String: String], home: String) -> [OllamaStore] {
        if let set = environment["OLLAMA_MODELS"], !set.isEmpty { return [OllamaStore(set)] }
        return [home + "/.ollama/models", "/usr/share/ollama/.ollama/models"].map(OllamaStore.init)
    }

    /// The model of a name: `[HOST/][NAMESPACE/]MODEL[:TAG]`; nil where the store has none. Throws a Failure for a
    /// manifest that cannot be read.
    package func model(_ name: String) throws -> Model? {
        let halves = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var parts = (halves.first ?? "").split(separator: "/").map(String.init)
        if parts.count == 1 { parts.insert(Self.namespace, at: 0) }
        if parts.count == 2 { parts.insert(Self.registry, at: 0) }
        parts.append(halves.count > 1 ? halves[1] : "latest")
        guard parts.count == 4, parts.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.:-]*/) != nil }) else {
            throw Failure(
                code: "ollama.name", "'\(name)' names no model of Ollama.", at: "ollama:" + name,
                remedy: "Give ollama:NAME or ollama:NAME:TAG, as `ollama list` shows it.")
        }
        return try model(parts)
    }

    /// Every model of the store.
    package func all() -> [Model] {
        let manifests = root + "/manifests"
        let paths = FileManager.default.enumerator(atPath: manifests)?.compactMap { $0 as? String } ?? []
        return paths.sorted().compactMap { path in
            let parts = path.split(separator: "/").map(String.init)
            return parts.count == 4 ? try? model(parts) : nil
        }
    }

    private func model(_ parts: [String]) throws -> Model? {
        let path = root + "/manifests/" + parts.joined(separator: "/")
        guard access(path, F_OK) == 0 else {
            if errno == EACCES { throw Self.closed(path) }
            return nil
        }
        guard let data = FileManager.default.contents(atPath: path) else { throw Self.closed(path) }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
            let weights = manifest.layers.first(where: { $0.mediaType.hasSuffix(".image.model") }),
            let digest = weights.digest.wholeMatch(of: /sha256:([0-9a-f]{64})/)
        else {
            throw Failure(
                code: "ollama.manifest", "The manifest names no weights.", at: path,
                remedy: "Fetch the model again: `ollama pull \(Self.short(parts))`.")
        }
        return Model(
            name: Self.short(parts), blob: "\(root)/blobs/sha256-\(digest.1)", bytes: weights.size,
            sha256: String(digest.1),
            hasTemplate: manifest.layers.contains { $0.mediaType.hasSuffix(".image.template") })
    }

    /// What of a store may not be read, and what helps.
    package static func closed(_ path: String) -> Failure {
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            return Failure(
                code: "ollama.gone", "Ollama's store names this file, and it is not there.", at: path,
                remedy: "Fetch the model again with `ollama pull`.")
        }
        return Failure(
            code: "ollama.permission", "You may not read this file of Ollama's store.", at: path,
            remedy: """
                Read it as a member of its group (`sudo usermod -aG ollama USER`, then log in again), or copy the \
                file with sudo and give the copy.
                """)
    }

    private static func short(_ parts: [String]) -> String {
        let names =
            parts[0] == registry ? (parts[1] == namespace ? [parts[2]] : Array(parts[1...2])) : Array(parts[0...2])
        return names.joined(separator: "/") + ":" + parts[3]
    }
}
