import NIOCore

/// What is waited for on a connection, and until when. Pure.
struct RequestPhase {
    private enum State: Equatable {
        /// For a request.
        case idle
        /// For the rest of a head.
        case head
        /// For the rest of a body.
        case body
        /// For nothing: whoever asked waits for the daemon.
        case answering
    }
    private let limits: ConnectionLimits
    private var state = State.head
    /// Nil until the daemon reads from the connection.
    private var since: NIODeadline?
    /// Requests whose heads came, and those that were answered.
    private var (asked, answered) = (0, 0)
    /// Of the present body: bytes that came, time for which it was waited for, and since when it is.
    private var bytes = 0
    private var waited = TimeAmount.zero
    private var waitsSince: NIODeadline?

    /// The first head has its time from when it is read: whoever connects to a busy machine, and has sent all, is
    /// not cut for what the daemon was slow to do.
    init(_ limits: ConnectionLimits) { self.limits = limits }

    /// When the connection has waited for too long; nil where nothing is waited for.
    var deadline: NIODeadline? {
        switch state {
        case .idle: return since.map { $0 + limits.idle }
        case .head: return since.map { $0 + limits.head }
        case .answering: return nil
        case .body:
            guard let start = waitsSince else { return nil }
            let earned = TimeAmount.seconds(Int64(bytes / max(1, limits.bytesPerSecond)))
            let whole = min(limits.patience + earned, limits.body) - waited
            return start + min(limits.gap, max(whole, .zero))
        }
    }

    /// Bytes have come.
    mutating func came(_ now: NIODeadline) {
        guard state == .idle else { return }
        (state, since) = (.head, now)
    }

    mutating func cameHead() {
        asked += 1
        (state, bytes, waited, waitsSince) = (.body, 0, .zero, nil)
    }

    /// The daemon reads from now on.
    mutating func begins(_ now: NIODeadline) { since = now }

    /// The daemon is ready for more of the body.
    mutating func waits(_ now: NIODeadline) {
        if state == .body, waitsSince == nil { waitsSince = now }
    }

    mutating func cameBody(_ count: Int, _ now: NIODeadline) {
        bytes += count
        if let start = waitsSince { waited = waited + (now - start) }
        waitsSince = nil
    }

    /// The request is whole.
    mutating func cameEnd(_ now: NIODeadline) {
        state = .answering
        settle(now)
    }

    mutating func sentEnd(_ now: NIODeadline) {
        answered += 1
        settle(now)
    }

    private mutating func settle(_ now: NIODeadline) {
        guard state == .answering, answered == asked else { return }
        (state, since) = (.idle, now)
    }
}
