import Foundation
import Launching
import Nouns
import Platform
import Synchronization
import WorkerProtocol

/// A serving worker within the test: a socket, and a closure for what it says to an order.
final class FakeServingWorker: WorkerLauncher {
    struct Life {
        var feed: AsyncThrowingStream<WorkerEvent, any Error>.Continuation?
        var events: AsyncThrowingStream<WorkerEvent, any Error>?
        var listener: Int32 = -1
        var client: Int32 = -1
        var starts = 0
        var orders: [ServingOrder] = []
    }

    let life = Mutex(Life())
    private let says: @Sendable (ServingOrder, FakeServingWorker) -> Void
    private let startFails: @Sendable (Int) -> Failure?

    /// - Parameters:
    ///   - startFails: why the start of this number fails; nil: it does not.
    ///   - says: called for each order.
    init(
        startFails: @escaping @Sendable (Int) -> Failure? = { _ in nil },
        _ says: @escaping @Sendable (ServingOrder, FakeServingWorker) -> Void
    ) {
        self.startFails = startFails
        self.says = says
    }

    var starts: Int { life.withLock { $0.starts } }
    var orders: [ServingOrder] { life.withLock { $0.orders } }

    func submit(_ request: WorkerRequest) async throws -> WorkHandle {
        let number = life.withLock { life in
            life.starts += 1
            return life.starts
        }
        if let failure = startFails(number) { throw WorkerEnd.failed(failure) }
        try AtomicFile.makeFolder(request.directory)
        let path = request.directory + "/serve.sock"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        guard bound == 0, listen(listener, 4) == 0 else { throw WorkerEnd.died(Failure(code: "test", "No socket.")) }
        let (events, feed) = AsyncThrowingStream<WorkerEvent, any Error>.makeStream()
        life.withLock { ($0.listener, $0.events, $0.feed) = (listener, events, feed) }
        Thread.detachNewThread { self.serve(listener) }
        var event = WorkerEvent(.stage)
        event.stage = "serving"
        feed.yield(event)
        return WorkHandle(launcher: "fake", id: "\(number)", directory: request.directory)
    }

    func attach(_ handle: WorkHandle) async throws -> AsyncThrowingStream<WorkerEvent, any Error>? {
        life.withLock { $0.events }
    }
    func stop(_ handle: WorkHandle) async { end(.interrupted) }
    func cancel(_ handle: WorkHandle) async { end(.interrupted) }
    func leave(_ handle: WorkHandle) async { end(.interrupted) }

    /// It dies.
    func end(_ end: WorkerEnd) {
        let feed = life.withLock { life in
            if life.client >= 0 { shutdown(life.client, Int32(SHUT_RDWR)) }
            if life.listener >= 0 { close(life.listener) }
            (life.client, life.listener) = (-1, -1)
            defer { life.feed = nil }
            return life.feed
        }
        feed?.finish(throwing: end)
    }

    func say(_ event: ServingEvent) {
        let client = life.withLock { $0.client }
        guard client >= 0, let line = try? ContractCoding.encode(event) else { return }
        _ = (line + Data("\n".utf8)).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// A whole answer.
    func answer(_ order: ServingOrder, _ text: String) {
        var began = ServingEvent(.began, id: order.id)
        began.began = ServingBegan(promptTokens: 3, cachedTokens: 1, seed: nil)
        say(began)
        var piece = ServingEvent(.text, id: order.id)
        (piece.choice, piece.text) = (0, text)
        say(piece)
        var ended = ServingEvent(.ended, id: order.id)
        (ended.choice, ended.ended) = (0, ServingEnded(finish: "stop", tokens: 1))
        say(ended)
        say(ServingEvent(.done, id: order.id))
    }

    private func serve(_ listener: Int32) {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        life.withLock { $0.client = client }
        var buffer = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(client, &chunk, chunk.count)
            guard count > 0 else { break }
            buffer.append(contentsOf: chunk[..<count])
            while let end = buffer.firstIndex(of: 10) {
                let line = Data(buffer[buffer.startIndex..<end])
                buffer = Data(buffer[(end + 1)...])
                guard let order = try? ContractCoding.decode(ServingOrder.self, from: line) else { continue }
                life.withLock { $0.orders.append(order) }
                says(order, self)
            }
        }
        close(client)
    }
}
