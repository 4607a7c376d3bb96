import Synchronization

/// What one encoding needs while it runs: the cache of words and the scratch of the merger.
///
/// Unchecked because the pool hands it to one encoding at a time.
final class EncoderState: @unchecked Sendable {
    var cache = WordCache()
    var merger = Merger()
    var normalized: [UInt8] = []
    /// Whether the text goes on from one before it.
    var isContinuation = false
}

/// States waiting for the next encoding, so that threads never wait for each other and caches stay warm.
final class EncoderPool: Sendable {
    private let idle = Mutex<[EncoderState]>([])

    func take() -> EncoderState { idle.withLock { $0.popLast() } ?? EncoderState() }

    func give(_ state: EncoderState) { idle.withLock { if $0.count < 16 { $0.append(state) } } }
}
