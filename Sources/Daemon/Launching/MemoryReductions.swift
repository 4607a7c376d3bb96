import Foundation
import Nouns
import Places
import Platform
import WorkerProtocol

/// How often the memory that a worker sizes its micro-batches for was halved, since the kernel had ended it for want of
/// memory. The number lies in the folder of the work, so that a restarted daemon goes on with it; micro-batches never
/// change a result.
enum MemoryReductions {
    /// Less is never asked of a worker.
    static let least = 64 << 20
    /// What a request without a number means.
    static let usual = 512 << 20

    /// Bytes that a worker is to size its micro-batches for; nil where the request leaves that to it.
    static func reduced(_ request: WorkerRequest) -> Int? {
        let count = count(in: request.directory)
        guard count > 0 else { return request.memoryBytes }
        return max(min(least, request.memoryBytes ?? usual), (request.memoryBytes ?? usual) >> count)
    }

    /// Halves what the next worker in a folder is to size its micro-batches for. Returns false where that is the least
    /// already. Throws a FileFailure.
    ///
    /// - Parameter bytes: what the worker that ended was asked for.
    static func halve(_ bytes: Int?, in folder: String) throws -> Bool {
        guard bytes ?? usual > least else { return false }
        try AtomicFile.write(Data("\(count(in: folder) + 1)\n".utf8), to: WorkFolder(folder).reductions)
        return true
    }

    private static func count(in folder: String) -> Int {
        // A file that is not there, or is damaged, means that nothing was halved.
        let text = try? String(contentsOfFile: WorkFolder(folder).reductions, encoding: .utf8)
        return min(max(text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0, 0), 32)
    }
}
