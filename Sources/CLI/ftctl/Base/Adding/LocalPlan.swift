import Foundation
import HubClient
import Nouns
import Platform

/// Models that lie on this machine: files, folders, caches and stores of other programs.
enum LocalPlan {
    /// A file, a folder, or a folder of a Hub cache. Throws a Failure where there is no model.
    static func path(_ path: String) throws -> BasePlan {
        let path = URL(filePath: path).standardizedFileURL.path
        if let snapshot = HubCache.snapshot(at: path) { return try cached(snapshot, choice: nil, place: path) }
        let files = try BaseFiles.of(path)
        return try plan(files.map { ($0, $0) }, origin: path, source: nil)
    }

    /// What `hf:OWNER/NAME` names, out of the cache alone.
    static func hub(_ address: HubAddress, _ settings: HubSettings) throws -> BasePlan {
        guard let snapshot = HubCache(settings.cache).snapshot(address.repository, address.revision) else {
            throw Failure(
                code: "hub.offline", "HF_HUB_OFFLINE is set, and the model does not lie in the cache.",
                at: address.text, remedy: "Unset it; or see what lies here with `ftctl base find`.")
        }
        return try cached(snapshot, choice: address.choice, place: address.text)
    }

    /// `ollama:NAME[:TAG]`. Throws a Failure that names the blob that may not be read, and what helps.
    static func ollama(_ name: String, _ environment: [String: String], home: String) throws -> BasePlan {
        let stores = OllamaStore.all(environment, home: home)
        guard let model = try stores.lazy.compactMap({ try $0.model(name) }).first else {
            let there = stores.flatMap { $0.all() }.map { "ollama:" + $0.name }
            throw Failure(
                code: "ollama.unknown", "Ollama's store has no model '\(name)'.", at: "ollama:" + name,
                remedy: there.isEmpty
                    ? "Fetch it: `ollama pull \(name)`; or set OLLAMA_MODELS to the folder of the store."
                    : "There is \(there.prefix(10).joined(separator: ", ")).")
        }
        guard model.isReadable else { throw OllamaStore.closed(model.blob) }
        let stem = BaseID(suggestedBy: model.name)?.rawValue ?? "model"
        let place = "ollama:" + model.name
        let source = BaseSource(
            place: place, files: [.init(path: stem + ".gguf", bytes: model.bytes, sha256: model.sha256)])
        var plan = try plan([(model.blob, stem + ".gguf")], origin: place, source: source)
        if model.hasTemplate {
            plan.remarks.append(
                """
                Ollama's own template of \(model.name) is in Go's language and is not taken: the template in the GGUF \
                holds. Where it has none, give one with --template.
                """)
        }
        return plan
    }

    private static func cached(_ snapshot: HubCache.Snapshot, choice: String?, place: String) throws -> BasePlan {
        let listing = HubCache.listing(snapshot)
        guard var model = try HubChoice.model(listing, choice) else {
            throw HubPlan.several(listing, "\(snapshot.folder)/", nil)
        }
        if let index = model.index {
            let data = FileManager.default.contents(atPath: snapshot.folder + "/" + index.path) ?? Data()
            model = try HubChoice.sharded(model, index: data, listing)
        }
        let source = BaseSource(
            place: place, repository: snapshot.repository, commit: snapshot.commit, files: model.files.map(\.source))
        return try plan(model.files.map { (snapshot.folder + "/" + $0.path, $0.path) }, origin: place, source: source)
    }

    /// - Parameter files: the path of each, and the one that it is named by.
    static func plan(_ files: [(path: String, name: String)], origin: String, source: BaseSource?) throws -> BasePlan {
        var facts = [origin]
        let items = try files.map { file in
            var status = stat()
            guard stat(file.path, &status) == 0 else {
                throw Failure(
                    code: "client.file", "The file cannot be read: \(String(cString: strerror(errno))).",
                    at: file.path, remedy: "Check the path and its permissions.")
            }
            facts.append("\(file.path) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
            return BasePlan.Item(
                name: try BasePlan.name(file.name, of: origin), bytes: Int(status.st_size), place: .local(file.path))
        }
        let weights = items.first { $0.name.hasSuffix(".gguf") }
        let name =
            weights.map { $0.name.replacing(/(-[0-9]{5}-of-[0-9]{5})?\.gguf$/, with: "") }
            ?? source?.repository?.split(separator: "/").last.map(String.init) ?? (origin as NSString).lastPathComponent
        return BasePlan(
            key: Digest.sha256(Data(facts.joined(separator: "\n").utf8)), origin: origin, source: source, items: items,
            name: name)
    }
}
