import NIOCore

/// What one connection may take, so that nobody holds the daemon by sending slowly or nothing.
///
/// Time counts only while the daemon waits for whoever asks: an answer that is being worked at is never cut, and a
/// stream not either.
struct ConnectionLimits: Sendable {
    /// How long the head of a request may take, from its first byte, or from the beginning of the connection, on.
    var head = TimeAmount.seconds(10)
    /// How long a connection may wait for its next request.
    var idle = TimeAmount.seconds(60)
    /// How long nothing may come of a body that is waited for.
    var gap = TimeAmount.seconds(60)
    /// How long a body may be waited for in all, at least…
    var patience = TimeAmount.seconds(60)
    /// …with a further second for so many bytes that came…
    var bytesPerSecond = 1024
    /// …and at most.
    var body = TimeAmount.hours(1)
    /// How long whoever asks may take nothing of an answer; nil: as long as he likes.
    var reading: TimeAmount?
    /// Bytes of one field of a head, and of all of them, and how many there may be.
    var field = 16 << 10
    var fields = 64 << 10
    var fieldCount = 100

    /// On the Unix socket answers are read at leisure: `ftctl data export | less`.
    static let socket = ConnectionLimits()

    static let network: ConnectionLimits = {
        var limits = ConnectionLimits()
        limits.reading = .minutes(5)
        return limits
    }()

    /// Of a connection that is one too many, and is told so.
    static let late: ConnectionLimits = {
        var limits = ConnectionLimits.network
        (limits.head, limits.idle, limits.gap, limits.patience) = (.seconds(2), .seconds(2), .seconds(2), .seconds(2))
        limits.reading = .seconds(2)
        return limits
    }()
}
