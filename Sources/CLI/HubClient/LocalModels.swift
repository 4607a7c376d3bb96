import Foundation

/// A model that lies on this machine, in a store of another program.
package struct LocalModel: Codable, Hashable, Sendable {
    /// What `ftctl base add` takes.
    package var source: String
    /// The program whose store it is.
    package var store: String
    package var bytes: Int
    /// Why it cannot be used; nil where nothing is known against it.
    package var problem: String?

    package init(source: String, store: String, bytes: Int, problem: String? = nil) {
        self.source = source
        self.store = store
        self.bytes = bytes
        self.problem = problem
    }

    /// Everything that lies in the caches of the Hub's clients, of Ollama and of LM Studio.
    package static func all(_ settings: HubSettings, _ environment: [String: String], home: String) -> [LocalModel] {
        hub(HubCache(settings.cache)) + ollama(environment, home) + studio(home)
    }

    private static func hub(_ cache: HubCache) -> [LocalModel] {
        cache.all().flatMap { snapshot -> [LocalModel] in
            let listing = HubCache.listing(snapshot)
            let source = snapshot.folder
            do {
                if let model = try HubChoice.model(listing, nil) {
                    let bytes = (model.isGGUF ? model.files : listing.files).reduce(0) { $0 + $1.bytes }
                    return [LocalModel(source: source, store: "Hub cache", bytes: bytes)]
                }
                return HubChoice.options(listing).map { option in
                    LocalModel(
                        source: "\(source)/\(option.files.first?.path ?? "")", store: "Hub cache", bytes: option.bytes,
                        problem: option.isReadable ? nil : "its numbers are of a kind that is not read")
                }
            } catch {
                let bytes = listing.files.reduce(0) { $0 + $1.bytes }
                return [LocalModel(source: source, store: "Hub cache", bytes: bytes, problem: words(error))]
            }
        }
    }

    private static func ollama(_ environment: [String: String], _ home: String) -> [LocalModel] {
        OllamaStore.all(environment, home: home).flatMap { store in
            store.all().map { model in
                LocalModel(
                    source: "ollama:" + model.name, store: "Ollama", bytes: model.bytes,
                    problem: model.isReadable ? nil : words(OllamaStore.closed(model.blob)))
            }
        }
    }

    private static func studio(_ home: String) -> [LocalModel] {
        LMStudioFolder.all(home: home).flatMap { folder in
            folder.all().map { path in
                LocalModel(source: path, store: "LM Studio", bytes: size(path))
            }
        }
    }

    private static func words(_ error: any Error) -> String { "\(error)" }

    private static func size(_ path: String) -> Int {
        let names = [""] + ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).map { "/" + $0 }
        return names.reduce(0) { sum, name in
            var status = stat()
            guard stat(path + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
            return sum + Int(status.st_size)
        }
    }
}
