import Foundation
import Inference
import Nouns
import Places
import WorkerProtocol

/// Answers ``ServingOrder``s on a Unix socket, `serve.sock` in the request's folder, until it is asked to stop.
struct ServeRunner {
    let context: TaskContext

    func run(_ task: ServeTask) throws -> WorkerResult {
        context.events.stage("loading")
        let engine = ServingEngine(
            threads: context.threads, memoryBytes: context.memoryBytes, context: task.context
        ) { WorkerFault($0).failure }
        try engine.load(task.models)
        let path = WorkFolder(context.request.directory).socket
        let socket = try listen(path)
        defer {
            close(socket)
            unlink(path)
        }
        // Ends with the process: nothing is left to do for it.
        Thread.detachNewThread { Self.accept(socket, engine) }
        context.events.stage("serving")
        engine.run { StopRequest.isMade }
        var result = WorkerResult()
        result.figures = ["requests": Double(engine.served)]
        return result
    }

    private static func accept(_ socket: Int32, _ engine: ServingEngine) {
        while !StopRequest.isMade {
            // This process starts no other, so that nobody inherits what is accepted.
            let client = Foundation.accept(socket, nil, nil)
            if client >= 0 {
                ServingConnection(client).serve(engine)
            } else if errno == EMFILE || errno == ENFILE || errno == ENOMEM {
                // What others hold comes back.
                usleep(100_000)
            } else if errno != EINTR && errno != ECONNABORTED {
                return
            }
        }
    }

    private func listen(_ path: String) throws -> Int32 {
        func fault(_ problem: String) -> WorkerFault {
            WorkerFault(
                .cannotWrite,
                Failure(
                    code: "serve.socket", problem, at: path,
                    remedy: "Use a folder with a shorter path that can be written.",
                    cause: String(cString: strerror(errno))))
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            errno = ENAMETOOLONG
            throw fault("The socket's path is too long.")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let socket = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw fault("No socket can be had.") }
        unlink(path)
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
        }
        guard bound == 0, chmod(path, 0o660) == 0, Foundation.listen(socket, 64) == 0 else {
            close(socket)
            throw fault("The socket cannot be made.")
        }
        return socket
    }
}
