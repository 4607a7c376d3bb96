/// How quickly answers are done while others wait, and so when a place in the queue will be free. Pure.
struct ServingPace {
    /// The latest ends while somebody waited.
    private var ends: [ContinuousClock.Instant] = []
    private static let most = 32
    /// OpenAI's clients do not come back at all where they are told to wait for longer than two minutes.
    private static let longest = 120

    /// An order is done.
    mutating func ended(at now: ContinuousClock.Instant, othersWait: Bool) {
        guard othersWait else { return ends = [] }
        ends.append(now)
        if ends.count > Self.most { ends.removeFirst() }
    }

    /// Seconds until so many more orders are done; 1 where nothing was seen yet.
    func seconds(until orders: Int) -> Int {
        guard let first = ends.first, let last = ends.last, ends.count > 1 else { return 1 }
        let each = first.duration(to: last) / .seconds(1) / Double(ends.count - 1)
        return Int(min(Double(Self.longest), max(1, (each * Double(orders)).rounded(.up))))
    }
}
