import Foundation
import Nouns
import WorkerProtocol

/// Keeps a model loaded and answers conversations on a Unix socket, `serve.sock` in the request's folder.
///
/// One JSON line each way: a ``GenerateTask``'s fields in (its `model` is ignored), a list of ``GeneratedOutput`` or a
/// ``Failure`` out.
struct ServeRunner {
    let context: TaskContext

    /// The longest line that is read.
    private static let longestRequest = 16 << 20

    private struct Query: Decodable {
        var conversations: [[Message]]
        var maxNewTokens: Int?
        var temperature: Double?
        var topP: Double?
        var seed: UInt64?
    }

    private struct Reply: Encodable {
        var outputs: [GeneratedOutput]?
        var failure: Failure?
    }

    /// Serves until asked to stop or idle for too long; a stop request is the ordinary end here.
    func run(_ task: ServeTask) throws -> WorkerResult {
        context.events.stage("loading")
        let answerer = try Answerer(task.model, context: context)
        let path = context.path("serve.sock")
        let socket = try listen(path)
        defer {
            close(socket)
            unlink(path)
        }
        context.events.stage("serving")
        var served = 0
        var lastUse = ContinuousClock.now
        while !StopRequest.isMade {
            if let idle = task.idleSeconds, lastUse.duration(to: .now) > .seconds(idle) { break }
            guard Self.isReadable(socket, milliseconds: 500) else { continue }
            let client = accept(socket, nil, nil)
            guard client >= 0 else { continue }
            served += talk(client, answerer, task)
            close(client)
            lastUse = .now
        }
        var result = WorkerResult()
        result.figures = ["requests": Double(served)]
        return result
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
        guard bound == 0, chmod(path, 0o660) == 0, Foundation.listen(socket, 16) == 0 else {
            close(socket)
            throw fault("The socket cannot be made.")
        }
        return socket
    }

    /// Answers the lines of one connection until it closes; a client that says nothing for half a minute is left.
    private func talk(_ client: Int32, _ answerer: Answerer, _ task: ServeTask) -> Int {
        var served = 0
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var quiet = 0
        while !StopRequest.isMade, quiet < 60 {
            guard Self.isReadable(client, milliseconds: 500) else {
                quiet += 1
                continue
            }
            quiet = 0
            let count = read(client, &chunk, chunk.count)
            if count <= 0 { return served }
            buffer.append(contentsOf: chunk[..<count])
            while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let reply = answer(Data(buffer[..<end]), answerer, task)
                buffer.removeSubrange(...end)
                guard send(reply, to: client) else { return served }
                served += 1
            }
            if buffer.count > Self.longestRequest {
                let failure = Failure(
                    code: "serve.too_long", "The request is longer than \(Self.longestRequest) bytes.",
                    remedy: "Send fewer conversations.")
                _ = send(Reply(failure: failure), to: client)
                return served
            }
        }
        return served
    }

    private func answer(_ line: Data, _ answerer: Answerer, _ task: ServeTask) -> Reply {
        do {
            let query = try ContractCoding.decode(Query.self, from: line)
            let generate = GenerateTask(
                model: task.model, conversations: query.conversations, maxNewTokens: query.maxNewTokens ?? 128,
                temperature: query.temperature ?? 0, topP: query.topP ?? 1, seed: query.seed ?? 0)
            return Reply(outputs: try answerer.answer(generate) { _ in })
        } catch is StopRequest.Made {
            return Reply(
                failure: Failure(
                    code: "serve.stopping", "The engine was asked to stop before the answer was complete.",
                    remedy: "Ask again when the engine serves again."))
        } catch let error as DecodingError {
            return Reply(
                failure: Failure(
                    code: "serve.invalid", "The line is no request.",
                    remedy: "Send {\"conversations\": [[{\"role\", \"content\"}]]}.",
                    cause: "\(error)"))
        } catch {
            return Reply(failure: WorkerFault(error).failure)
        }
    }

    private func send(_ reply: Reply, to client: Int32) -> Bool {
        guard let data = try? ContractCoding.encode(reply) + Data("\n".utf8) else { return false }
        return data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(client, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Foundation.poll(&poll, 1, milliseconds) > 0
    }
}
