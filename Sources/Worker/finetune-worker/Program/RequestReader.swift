import Foundation
import Nouns
import WorkerProtocol

/// Reads and checks a request file.
enum RequestReader {
    private struct Version: Decodable { var version: Int }

    /// The bytes of a file. Throws a POSIXError.
    private static func contents(_ path: String) throws -> Data {
        func error() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error() }
        defer { close(descriptor) }
        var data = Data()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw error() }
            if count == 0 { return data }
            data += piece[..<count]
        }
    }

    /// Throws ``WorkerFault`` with ``WorkerExit/badRequest`` naming the file and the key at fault.
    static func read(_ path: String) throws -> WorkerRequest {
        func fault(_ message: String, at place: String? = nil, remedy: String, cause: String? = nil) -> WorkerFault {
            WorkerFault(
                .badRequest,
                Failure(code: "request.invalid", message, at: place ?? path, remedy: remedy, cause: cause))
        }
        let data: Data
        do {
            data = try contents(path)
        } catch let error as POSIXError {
            throw fault(
                "The request cannot be read.", remedy: "Give the path of a request file.",
                cause: String(cString: strerror(error.code.rawValue)))
        }
        let see = "See docs/engine-protocol.md for what a request holds."
        do {
            let version = try ContractCoding.decode(Version.self, from: data).version
            guard version == WorkerRequest.currentVersion else {
                throw fault(
                    """
                    The request has version \(version), and this worker speaks version \
                    \(WorkerRequest.currentVersion).
                    """,
                    at: path + ", version", remedy: "Install the daemon and the worker from the same release.")
            }
            let request = try ContractCoding.decode(WorkerRequest.self, from: data)
            if let threads = request.threads, !(1...256).contains(threads) {
                throw fault("threads is \(threads).", at: path + ", threads", remedy: "Give 1 to 256, or leave it out.")
            }
            if let memory = request.memoryBytes, memory < 64 << 20 {
                throw fault(
                    "memoryBytes is \(memory), less than 64 MiB.", at: path + ", memoryBytes",
                    remedy: "Give at least 67108864, or leave it out.")
            }
            return request
        } catch DecodingError.keyNotFound(let key, let context) {
            throw fault("The key is missing.", at: place(path, context.codingPath + [key]), remedy: see)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw fault("\(context.debugDescription)", at: place(path, context.codingPath), remedy: see)
        } catch DecodingError.dataCorrupted(let context) {
            throw fault("\(context.debugDescription)", at: place(path, context.codingPath), remedy: see)
        }
    }

    private static func place(_ path: String, _ keys: [any CodingKey]) -> String {
        keys.isEmpty ? path : path + ", " + keys.map(\.stringValue).joined(separator: ".")
    }
}
