import Foundation
import Platform
import Synchronization

/// Takes connections from a listening socket on a thread of its own, and hands them over in order.
///
/// It stops between two connections, so that each one is either handed over or still waits in the kernel for the next
/// daemon: none is taken and then dropped.
final class Acceptor: Sendable {
    private struct State {
        var waiting: [(Int32, ConnectionCount.Seat)] = []
        var isOver = false
        var failure: FileFailure?
    }
    private let state = Mutex(State())
    private let bell = Bell()
    private let stopper: WakePipe

    /// How many milliseconds nobody is taken after the kernel has had no descriptor or memory for a connection.
    private static let pause: Int32 = 200

    /// - Parameter claim: takes the place of a new connection; nil where it is to be refused. Throws a FileFailure.
    init(_ socket: ListeningSocket, claim: @escaping @Sendable () -> ConnectionCount.Seat?) throws {
        stopper = try WakePipe()
        let thread = Thread { [self] in accept(socket, claim) }
        thread.name = "acceptor"
        thread.start()
    }

    /// Takes nobody any more; who was taken is still handed over.
    func stop() { stopper.wake() }

    /// The next connection, or nil when nobody comes any more. Throws a FileFailure where the socket has failed.
    func next() async throws -> (Int32, ConnectionCount.Seat)? {
        while true {
            let (first, isOver, failure) = state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isOver, state.failure)
            }
            if let first { return first }
            if let failure { throw failure }
            if isOver { return nil }
            await bell.wait(atMost: .seconds(3600))
            // A cancelled task waits for nothing, and the thread is a moment from its end.
            if Task.isCancelled { await Task.yield() }
        }
    }

    private func accept(_ socket: ListeningSocket, _ claim: () -> ConnectionCount.Seat?) {
        var failure: FileFailure?
        while failure == nil, waits(for: socket) {
            do {
                guard let descriptor = try socket.accept() else { continue }
                guard let seat = claim() else {
                    Self.refuse(descriptor)
                    continue
                }
                state.withLock { $0.waiting.append((descriptor, seat)) }
                bell.ring()
            } catch let fault where fault.isOutOfFiles || [ENOBUFS, ENOMEM].contains(fault.number) {
                // Those who connect wait meanwhile; the stages have a reserve.
                if !waits(for: nil) { break }
            } catch { failure = error }
        }
        state.withLock { state in
            state.isOver = true
            state.failure = failure
        }
        bell.ring()
    }

    /// Waits until somebody connects (or, without a socket, for a moment); false where it is to stop.
    private func waits(for socket: ListeningSocket?) -> Bool {
        while true {
            var polled = [pollfd(fd: stopper.descriptor, events: Int16(POLLIN), revents: 0)]
            if let socket { polled.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)) }
            let count = poll(&polled, nfds_t(polled.count), socket == nil ? Self.pause : -1)
            if count < 0, errno == EINTR { continue }
            return polled[0].revents == 0
        }
    }

    /// Says that there are too many, and ends the connection.
    static func refuse(_ descriptor: Int32) {
        defer { close(descriptor) }
        let answer = ErrorAnswers.tooMany
        _ = send(descriptor, answer, answer.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
        // Bytes that nobody has read would reset the connection before the answer is read.
        var unread = [UInt8](repeating: 0, count: 1 << 16)
        _ = recv(descriptor, &unread, unread.count, Int32(MSG_DONTWAIT))
    }
}
