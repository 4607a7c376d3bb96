import ControlProtocol
import Foundation
import Launching
import Nouns
import Platform
import StageKit
import WorkerProtocol

extension BaseRegistry {
    /// Throws a Failure (`base.exists`, `base.name`) where a base cannot have that name.
    package func requireFree(_ id: BaseID) throws {
        guard id.rawValue.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,80}/) != nil else {
            throw Failure(
                code: "base.name", "'\(id)' cannot name a base.", at: id.rawValue,
                remedy: "Use lower-case letters, digits, '.', '_' and '-', such as --id smollm2-135m.")
        }
        guard try context.ledger.base(id) == nil else {
            throw Failure(
                code: "base.exists", "The base '\(id)' is registered already.", at: id.rawValue,
                remedy: "Choose another --id, or remove that base first.")
        }
    }

    /// Looks at what stands in front of the weights, which themselves are holes of the size that they will have. Throws
    /// what the worker says; closes the upload in any case.
    package func look(_ request: LookRequest, who: Principal) async throws -> BaseCard? {
        let uploads = Uploads(context)
        let folder = try uploads.folder(request.upload, who: who)
        defer { try? uploads.close(request.upload) }
        for (name, size) in request.sizes {
            let path = try uploads.place(request.upload, file: name, who: who).path
            guard size >= 0, truncate(path, off_t(size)) == 0 else {
                throw Failure(
                    code: "upload.write",
                    "'\(name)' cannot have \(size) bytes here: \(String(cString: strerror(errno))).",
                    at: name, remedy: "Check the disk of the daemon, and how large it lets one file be.")
            }
        }
        let path = Self.model(in: folder, Self.names(folder))
        let engines = await engines()
        let task = InspectTask(
            path: path, id: "look", isLook: true, architecture: request.architecture,
            engines: engines.isEmpty ? nil : engines)
        let work = context.layout.scratch("look-" + request.upload)
        defer { try? FileManager.default.removeItem(atPath: work) }
        let worker = WorkerRequest(
            id: "look-\(request.upload)", directory: work, task: .inspect(task),
            threads: context.settings.daemon.workerThreads)
        do { return try await launcher.run(worker, silence: .seconds(300)) { _ in }.card } catch let end as WorkerEnd {
            throw end.failure.map { named($0, folder + "/", "") }
                ?? Failure(code: "base.interrupted", "The look was interrupted.", remedy: "Add the base again.")
        }
    }

    /// The files of an upload, sorted.
    static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// What a worker is to load: the one GGUF, or the first of its parts, beside which a chat template may lie; or the
    /// folder.
    static func model(in folder: String, _ names: [String]) -> String {
        let ggufs = names.filter { $0.hasSuffix(".gguf") }
        let besides: Set = ["chat_template.jinja", "README.md", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"]
        let stems = Set(ggufs.map { $0.replacing(/-[0-9]{5}-of-[0-9]{5}\.gguf$/, with: "") })
        guard let first = ggufs.first, stems.count == 1,
            names.allSatisfy({ ggufs.contains($0) || besides.contains($0) })
        else { return folder }
        return folder + "/" + first
    }

    /// Refuses to look at a base of which something is still to come.
    func requireWhole(_ source: BaseSource?, in folder: String) throws {
        for file in source?.files ?? [] {
            var status = stat()
            let size = lstat(folder + "/" + file.name, &status) == 0 ? Int(status.st_size) : 0
            guard size != file.bytes else { continue }
            throw Failure(
                code: "upload.incomplete", "'\(file.name)' has \(size) of \(file.bytes) bytes.", at: source?.place,
                remedy: "Give the same command again: it goes on where it was.")
        }
    }

    /// Hashes the files of an upload and refuses those that are not what their source states.
    func verifyFiles(_ source: BaseSource?, in folder: String) throws {
        try verify(source, in: folder) { try Digest.sha256(file: folder + "/" + $0) }
    }

    /// Refuses files that are not what their source states, and forgets them, so that they are fetched anew.
    ///
    /// - Parameter digest: the SHA-256 of a file by its name; nil where nobody knows it.
    func verify(_ source: BaseSource?, in folder: String, digest: (String) throws -> String?) throws {
        var wrong: [String] = []
        for file in source?.files ?? [] {
            guard let stated = file.sha256, let have = try digest(file.name), have != stated else { continue }
            Uploads.forget(folder + "/" + file.name)
            wrong.append("\(file.name) (SHA-256 \(have.prefix(16))…, stated \(stated.prefix(16))…)")
        }
        guard !wrong.isEmpty else { return }
        throw Failure(
            code: "base.digest", "What came is not what the source states: \(wrong.joined(separator: ", ")).",
            at: source?.place,
            remedy: "Give the same command again: these files are fetched anew, the others stay.")
    }
}
