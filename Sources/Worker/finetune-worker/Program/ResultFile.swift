import Contracts
import Crypto
import Foundation

/// Writes what a task hands over: whole files, made durable before they take their names.
enum ResultFile {
    /// Writes `data` to `path` and returns its reference.
    @discardableResult
    static func write(_ data: Data, to path: String, rows: Int? = nil) throws -> FileReference {
        let temporary = path + ".\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fault("cannot be created", path) }
        var isOpen = true
        defer {
            if isOpen {
                close(descriptor)
                unlink(temporary)
            }
        }
        var offset = 0
        while offset < data.count {
            let count = data.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault("cannot be written", path)
            }
            offset += count
        }
        guard fsync(descriptor) == 0 else { throw fault("cannot be made durable", path) }
        guard rename(temporary, path) == 0 else { throw fault("cannot take its name", path) }
        close(descriptor)
        isOpen = false
        try syncFolder(of: path)
        return FileReference(path: path, sha256: digest(data), bytes: data.count, rows: rows)
    }

    /// Writes values as JSON lines.
    static func writeLines(_ values: [some Encodable], to path: String) throws -> FileReference {
        var data = Data()
        for value in values {
            data += try ContractCoding.encode(value)
            data.append(UInt8(ascii: "\n"))
        }
        return try write(data, to: path, rows: values.count)
    }

    /// The reference of a file that is there already.
    static func reference(_ path: String) throws -> FileReference {
        do {
            let data = try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)
            return FileReference(path: path, sha256: digest(data), bytes: data.count)
        } catch {
            throw WorkerFault(
                .badModel,
                Failure(
                    code: "worker.unreadable", "The file cannot be read.", at: path, remedy: "Check its permissions.",
                    cause: "\(error)"))
        }
    }

    private static func digest(_ data: Data) -> String {
        SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }

    private static func syncFolder(of path: String) throws {
        let folder = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw fault("has a folder that cannot be opened", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw fault("has a folder that cannot be made durable", path) }
    }

    private static func fault(_ problem: String, _ path: String) -> WorkerFault {
        let full = errno == ENOSPC || errno == EDQUOT
        return WorkerFault(
            .cannotWrite,
            Failure(
                code: full ? "worker.disk_full" : "worker.unwritable", "The file \(problem).", at: path,
                remedy: full ? "Free space on the disk and start again." : "Check the folder and its permissions.",
                cause: String(cString: strerror(errno))))
    }
}
