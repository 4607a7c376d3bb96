import Foundation
import Inference
import Nouns
import Places
import Platform
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
        do {
            let socket = try UnixSocket.make()
            do {
                unlink(path)
                try UnixSocket.bind(socket, to: path)
                guard chmod(path, 0o660) == 0, Foundation.listen(socket, 64) == 0 else {
                    throw FileFailure("listen on the socket", path, errno: errno)
                }
            } catch {
                close(socket)
                throw error
            }
            return socket
        } catch let failure as FileFailure {
            throw WorkerFault(
                .cannotWrite,
                Failure(
                    code: "serve.socket", "The socket cannot be made.", at: path,
                    remedy: "Use a folder with a shorter path that can be written.", cause: failure.reason))
        }
    }
}
