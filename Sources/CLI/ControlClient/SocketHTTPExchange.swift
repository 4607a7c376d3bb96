import Foundation
import Nouns

/// One request over a Unix socket and its answer, piece by piece as it comes.
///
/// Everything in here waits on a thread of its own, never on one of Swift's tasks. Cancelling the task that awaits
/// closes the connection.
actor SocketHTTPExchange {
    /// What goes with a request.
    enum Body: Sendable {
        case none
        case bytes(Data)
        /// A file, read as it is sent; `progress` gets the bytes sent so far.
        case file(SocketHTTPFile, progress: @Sendable (Int) -> Void)
    }

    private static let connectSeconds = 5.0
    private static let bufferBytes = 256 << 10

    private let executor = WaitingExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let socket: String
    /// Method and target, for messages.
    private let question: String
    private let patience: Double?
    private let connection: SocketHTTPConnection
    private var parser = SocketHTTPParser()
    private var hasAnswered = false
    private var buffer = [UInt8](repeating: 0, count: bufferBytes)

    private init(_ socket: String, _ question: String, _ patience: Double?) throws {
        self.socket = socket
        self.question = question
        self.patience = patience
        do { connection = try SocketHTTPConnection() } catch { throw Self.unreachable(socket, error) }
    }

    /// Sends a request to the daemon at `socket`; gives the status of the answer, whose body is still to come.
    ///
    /// Throws a ``Failure`` (`client.timeout` where nothing comes in time), or CancellationError.
    ///
    /// - Parameters:
    ///   - patience: seconds for which nothing may come (nil: for ever).
    ///   - isStream: whether the body comes as things happen, so that only the head has to come in time.
    static func begin(
        _ method: String, _ target: String, socket: String, body: Body, patience: Double? = nil, isStream: Bool = false
    ) async throws -> (status: Int, answer: SocketHTTPExchange) {
        let exchange = try SocketHTTPExchange(socket, "\(method) \(target)", patience)
        let status = try await exchange.abortingWhenCancelled { try await $0.request(method, target, body) }
        if isStream { exchange.connection.setPatience(seconds: nil) }
        return (status, exchange)
    }

    /// The next piece of the answer's body; nil at its end. Throws a ``Failure``, or CancellationError.
    nonisolated func next() async throws -> [UInt8]? { try await abortingWhenCancelled { try await $0.piece() } }

    nonisolated private func abortingWhenCancelled<T: Sendable>(
        _ body: @Sendable (SocketHTTPExchange) async throws -> T
    ) async throws -> T {
        try await withTaskCancellationHandler {
            try await body(self)
        } onCancel: {
            connection.abort()
        }
    }

    private func request(_ method: String, _ target: String, _ body: Body) throws -> Int {
        do { try connection.connect(to: socket, seconds: Self.connectSeconds) } catch {
            throw Self.unreachable(socket, error)
        }
        connection.setPatience(seconds: patience)
        let sent = try send(method, target, body)
        let event: SocketHTTPParser.Event
        do { event = try self.event() } catch { throw late(error) ?? Self.unreachable(socket, error) }
        guard case .head(let status) = event else { throw Self.broken("it has no head") }
        if case .interrupted = sent, status < 300 { throw Self.broken("it came before everything was sent") }
        return status
    }

    private func send(_ method: String, _ target: String, _ body: Body) throws -> SocketHTTPConnection.Sent {
        var head = "\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        switch body {
        case .none: return try send(Data((head + "\r\n").utf8))
        case .bytes(let data):
            head += "content-length: \(data.count)\r\n\r\n"
            // Large bodies are not copied for their head's sake.
            guard data.count > 64 << 10 else { return try send(Data(head.utf8) + data) }
            guard case .everything = try send(Data(head.utf8)) else { return .interrupted }
            return try send(data)
        case .file(let file, let progress):
            head += "content-length: \(file.size)\r\n\r\n"
            guard case .everything = try send(Data(head.utf8)) else { return .interrupted }
            var count = 0
            while let piece = try file.next(after: count) {
                guard case .everything = try send(piece) else { return .interrupted }
                count += piece.count
                progress(count)
            }
            return .everything
        }
    }

    private func send(_ data: Data) throws -> SocketHTTPConnection.Sent {
        do { return try data.withUnsafeBytes { try connection.send($0) } } catch {
            throw late(error) ?? Self.unreachable(socket, error)
        }
    }

    private func piece() throws -> [UInt8]? {
        do {
            guard case .body(let piece) = try event() else { return nil }
            return piece
        } catch let failure as SocketHTTPConnection.CallFailure {
            throw late(failure) ?? Self.broken(failure.reason)
        }
    }

    private func event() throws -> SocketHTTPParser.Event {
        while true {
            if let event = try parser.next() { return event }
            let count = try buffer.withUnsafeMutableBytes { try connection.receive(into: $0) }
            if count == 0 {
                // Whoever leaves without a word has not answered.
                guard hasAnswered else { throw SocketHTTPConnection.CallFailure(number: ECONNRESET) }
                return try parser.closed()
            }
            hasAnswered = true
            parser.feed(buffer[..<count])
        }
    }

    /// The failure of a daemon that is connected and says nothing; nil for other errors.
    private func late(_ error: any Error) -> Failure? {
        guard (error as? SocketHTTPConnection.CallFailure)?.number == ETIMEDOUT, let patience else { return nil }
        return Failure(
            code: "client.timeout",
            "The daemon did not answer `\(question)` within \(Int(patience.rounded(.up))) s.", at: socket,
            remedy: """
                See what it is doing with `systemctl status finetuned` and `journalctl -u finetuned`; --timeout \
                SECONDS waits longer.
                """)
    }

    private static func broken(_ reason: String) -> Failure {
        Failure(
            code: "client.answer", "The daemon's answer broke off: \(reason).",
            remedy: "See whether finetuned still runs.")
    }

    /// The failure of a system call for people; other errors stay what they are.
    private static func unreachable(_ socket: String, _ error: any Error) -> any Error {
        guard let call = error as? SocketHTTPConnection.CallFailure else { return error }
        if call.number == EACCES {
            return Failure(
                code: "client.permission", "You may not talk to the daemon on \(socket).", at: socket,
                remedy: """
                    Have an administrator add you to its group, `usermod -aG finetuned USER`, and log in again.
                    """)
        }
        return Failure(
            code: "client.unreachable", "The daemon does not answer on \(socket).", at: socket,
            remedy:
                """
                Start it with `systemctl start finetuned`, or `finetuned --root DIR` and give ftctl the same \
                --root.
                """,
            cause: call.reason)
    }
}

/// Runs an actor's jobs one by one, outside of the few threads of Swift's tasks, so that they may wait.
private final class WaitingExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "socket")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
