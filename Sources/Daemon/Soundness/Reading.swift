import ControlProtocol
import Foundation
import Nouns
import Platform

/// One look at every file.
struct Reading {
    let files: [KeptFile]
    /// The file in which fingerprints are kept; without it everything is read once.
    let store: String
    /// Whether every file is read, whatever its fingerprint says.
    let reads: Bool

    /// What was found. Throws a CancellationError, or a FileFailure where the fingerprints cannot be kept.
    func answer(_ isCancelled: () -> Bool) throws -> SoundnessAnswer {
        let before = known()
        var after: [String: Fingerprint] = [:]
        var answer = SoundnessAnswer(files: files.count, bytesRead: 0, faults: [])
        for file in files where after[file.path] == nil {
            if isCancelled() { throw CancellationError() }
            if let within = file.within, !FileManager.default.fileExists(atPath: within) { continue }
            do {
                let (fingerprint, bytes) = try look(file, before[file.path], isCancelled)
                after[file.path] = fingerprint
                answer.bytesRead += bytes
            } catch let failure as Failure {
                answer.faults.append(failure)
            }
        }
        if after != before { try AtomicFile.write(try ContractCoding.encode(after), to: store) }
        return answer
    }

    private func known() -> [String: Fingerprint] {
        guard let data = try? WholeFile.read(store) else { return [:] }
        return (try? ContractCoding.decode([String: Fingerprint].self, from: data)) ?? [:]
    }

    /// Throws a Failure where the file is gone or another one.
    private func look(_ file: KeptFile, _ known: Fingerprint?, _ isCancelled: () -> Bool) throws -> (
        Fingerprint, read: Int
    ) {
        let now: Fingerprint
        do { now = try Fingerprint(file.path, sha256: file.sha256) } catch let failure as FileFailure {
            throw Failure(
                code: failure.number == ENOENT ? "file.gone" : "file.unreadable",
                failure.number == ENOENT
                    ? "A file of \(file.owner) is gone." : "A file of \(file.owner) cannot be read: \(failure.reason).",
                at: file.path, remedy: "Restore it from a backup; it is \(file.sha256).")
        }
        if let bytes = file.bytes, bytes != now.bytes {
            throw changed(file, "it has \(now.bytes) bytes, and had \(bytes)")
        }
        if !reads, now == known { return (now, 0) }
        let digest: String
        do {
            digest = try read(file.path, isCancelled)
        } catch let failure as FileFailure {
            throw Failure(
                code: "file.unreadable", "A file of \(file.owner) cannot be read: \(failure.reason).", at: file.path,
                remedy: failure.remedy)
        }
        guard digest == file.sha256 else { throw changed(file, "its SHA-256 is \(digest)") }
        return (now, now.bytes)
    }

    private func read(_ path: String, _ isCancelled: () -> Bool) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open it", path, errno: errno) }
        defer { close(descriptor) }
        return try Digest.sha256(descriptor: descriptor, path: path) {
            if isCancelled() { throw CancellationError() }
        }
    }

    private func changed(_ file: KeptFile, _ how: String) -> Failure {
        Failure(
            code: "file.changed", "A file of \(file.owner) is not what it was: \(how).", at: file.path,
            remedy: "Restore it from a backup; it is \(file.sha256).")
    }
}
