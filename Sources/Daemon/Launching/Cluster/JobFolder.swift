import Foundation
import Nouns
import Places
import Platform
import Settings
import WorkerProtocol

/// The folder of a job's work: the request's own, or one below the stage, to which everything is brought that the
/// engine reads, and from which what it wrote is brought back.
struct JobFolder: Sendable {
    /// The folder of the request.
    let directory: String
    let stage: String?
    /// The same as nodes see it.
    let path: String

    init(_ directory: String, stage: String?) {
        self.directory = directory
        self.stage = stage
        let name = (directory as NSString).lastPathComponent.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let own = name.suffix(40) + "-" + Digest.sha256(Data(directory.utf8)).prefix(12)
        path = stage.map { $0 + "/work/" + own } ?? directory
    }

    private var isStaged: Bool { path != directory }

    // MARK: - Before

    /// Has everything there that the engine reads, and returns the request as it reads it. Throws a Failure
    /// (`cluster.stage`, `model.digest`) or a FileFailure.
    func prepare(_ request: WorkerRequest) throws -> WorkerRequest {
        try AtomicFile.makeFolder(directory)
        guard isStaged, let stage else { return request }
        guard FileManager.default.fileExists(atPath: stage) else {
            throw Failure(
                code: "cluster.stage", "The stage folder is not there.", at: stage,
                remedy: "Create it where all nodes see it, or correct 'stage' in the engine's file.")
        }
        try AtomicFile.makeFolder(path)
        var request = request
        request.directory = path
        switch request.task {
        case .train(let task): request.task = .train(try staged(task, stage))
        case .rangeTest(var task):
            task.train = try staged(task.train, stage)
            request.task = .rangeTest(task)
        case .score(var task):
            task.model = try staged(task.model, stage)
            task.tokens = try task.tokens?.map(file)
            // Rows are text, which the nodes need not see.
            task.rows = []
            request.task = .score(task)
        case .generate(var task):
            task.model = try staged(task.model, stage)
            task.tokens = try task.tokens?.map(file)
            request.task = .generate(task)
        default: break
        }
        return request
    }

    private func staged(_ task: TrainTask, _ stage: String) throws -> TrainTask {
        var task = task
        task.model = try staged(task.model, stage)
        task.startAdapter = try task.startAdapter.map { try adapter($0, "start") }
        // Rows are text, which the nodes need not see.
        (task.train, task.validation) = ([], [])
        if var tokens = task.tokens {
            tokens.train = try file(tokens.train)
            tokens.validation = try tokens.validation.map(file)
            task.tokens = tokens
        }
        return task
    }

    private func staged(_ reference: ModelReference, _ stage: String) throws -> ModelReference {
        var model = reference
        model.basePath = try base(reference, stage)
        model.adapters = try reference.adapters.enumerated().map { try adapter($1, "adapter-\($0)") }
        return model
    }

    /// A base, once for each digest.
    private func base(_ model: ModelReference, _ stage: String) throws -> String {
        let place = stage + "/bases/" + model.baseDigest
        let mark = place + "/.finetuned"
        if let noted = FileManager.default.contents(atPath: mark) {
            guard String(decoding: noted, as: UTF8.self) == model.baseDigest + "\n" else {
                throw Failure(
                    code: "model.digest", "The staged base '\(model.base)' is another one than its name says.",
                    at: place, remedy: "Remove that folder; it is made anew.")
            }
            return place
        }
        let part = stage + "/bases/.\(model.baseDigest)-\(UUID().uuidString.prefix(8))"
        do {
            try copy(model.basePath, to: part)
            try AtomicFile.write(Data((model.baseDigest + "\n").utf8), to: part + "/.finetuned")
            try? FileManager.default.removeItem(atPath: place)
            try AtomicFile.move(part, to: place)
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
        return place
    }

    private func adapter(_ reference: AdapterReference, _ name: String) throws -> AdapterReference {
        var reference = reference
        let place = path + "/inputs/\(name)-\(reference.sha256.prefix(16))"
        if !FileManager.default.fileExists(atPath: place) { try copy(reference.path, to: place) }
        reference.path = place
        return reference
    }

    private func file(_ reference: FileReference) throws -> FileReference {
        var reference = reference
        let place = path + "/inputs/" + (reference.path as NSString).lastPathComponent
        if (try? Digest.sha256(file: place)) != reference.sha256 { try copyFile(reference.path, to: place) }
        reference.path = place
        return reference
    }

    // MARK: - Copying

    /// Copies a file or a folder of files; links and whatever else is no file are refused. Throws a Failure or a
    /// FileFailure.
    private func copy(_ from: String, to: String) throws {
        var status = stat()
        guard lstat(from, &status) == 0 else { throw FileFailure("look at it", from, errno: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try AtomicFile.makeFolder(to)
            for name in try FolderListing.names(from).sorted() { try copy(from + "/" + name, to: to + "/" + name) }
        case S_IFREG: try copyFile(from, to: to)
        default:
            throw Failure(
                code: "engine.result", "This is neither a file nor a folder, and is not copied.", at: from,
                remedy: "An engine writes files and folders alone.")
        }
    }

    /// Copies a file whole, and looks whether what arrived is what was sent.
    private func copyFile(_ from: String, to: String) throws {
        try AtomicFile.makeFolder((to as NSString).deletingLastPathComponent)
        let source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw FileFailure("open it", from, errno: errno) }
        defer { close(source) }
        var hash = SHA256()
        let temporary = try AtomicFile.write(beside: to) { target, name in
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = read(source, &piece, piece.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure("read it", from, errno: errno) }
                if count == 0 { break }
                try piece.withUnsafeBytes { bytes in
                    let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    hash.update(part)
                    try AtomicFile.writeAll(part, to: target, path: name)
                }
            }
        }
        guard try Digest.sha256(file: temporary) == Digest.hex(hash.finish()) else {
            unlink(temporary)
            throw FileFailure("copy it whole to \(to)", from, errno: EIO)
        }
        try AtomicFile.rename(temporary, to: to)
    }

    // MARK: - After

    /// What an engine writes that is wanted.
    private static func isWanted(_ name: String) -> Bool {
        ["adapter", "epochs", "result.json"].contains(name)
            || ["scores-", "answers-"].contains(where: name.hasPrefix) && name.hasSuffix(".safetensors")
    }

    /// Brings what the engine gave back into the folder of the request. Throws a Failure (`engine.result`) or a
    /// FileFailure.
    func fetch() throws {
        guard isStaged else { return }
        // Listing the folder has a network file system look anew at what is there.
        for name in try FolderListing.names(path).sorted() where Self.isWanted(name) {
            if name != "result.json" { try? FileManager.default.removeItem(atPath: directory + "/" + name) }
            try copy(path + "/" + name, to: directory + "/" + name)
        }
        fetchComplaints()
    }

    /// Brings back what the engine and its scheduler complained of, for people.
    func fetchComplaints() {
        guard isStaged else { return }
        try? copyFile(WorkFolder(path).complaints, to: WorkFolder(directory).complaints)
    }

    /// Adds to the request's own `events.jsonl` what the engine has told since.
    func mirrorEvents() {
        guard isStaged else { return }
        let own = open(WorkFolder(directory).events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard own >= 0 else { return }
        defer { close(own) }
        let size = lseek(own, 0, SEEK_END)
        guard size >= 0, let source = JobTail.open(WorkFolder(path).events, beyond: UInt64(size)) else { return }
        defer { try? source.close() }
        guard (try? source.seek(toOffset: UInt64(size))) != nil else { return }
        // A disk that is full costs nothing: the rest is taken the next time.
        while let piece = try? source.read(upToCount: 1 << 20), !piece.isEmpty {
            guard (try? piece.withUnsafeBytes { try AtomicFile.writeAll($0, to: own, path: directory) }) != nil else {
                return
            }
        }
    }

    /// Removes what is left on the stage of work that is over.
    func clear() {
        if isStaged { try? FileManager.default.removeItem(atPath: path) }
    }

    /// Whether what a job printed says that memory ran out; steps are not told of where there are no accounts.
    func saysOutOfMemory() -> Bool {
        guard let text = WorkerEnd.tail(path) else { return false }
        return text.contains("oom-kill") || text.contains("oom_kill")
    }
}
