/// Why a request is not taken.
enum QueueFull: Error, Hashable {
    /// As many wait as may.
    case queue(Int)
    /// As many of this caller's wait as one may have.
    case caller(Int)
}

/// Waiting requests of several callers, each a user by number or a token, who take turns; those of the daemon itself
/// go first. Pure.
struct FairQueue<Item> {
    /// Requests that may wait.
    var capacity: Int
    private var own: [Item] = []
    /// The caller at the front is served next, and goes to the back.
    private var callers: [(name: String, items: [Item])] = []

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { own.count + callers.reduce(0) { $0 + $1.items.count } }
    /// How many callers take turns.
    var callerCount: Int { callers.count }
    var isEmpty: Bool { own.isEmpty && callers.isEmpty }
    var items: [Item] { own + callers.flatMap(\.items) }

    /// Takes a request of the daemon itself: they are few, and never refused.
    mutating func addOwn(_ item: Item) { own.append(item) }

    /// Takes a caller's request. Throws ``QueueFull``: no caller may hold more than half of the queue.
    mutating func add(_ item: Item, of caller: String) throws(QueueFull) {
        guard count < capacity else { throw .queue(capacity) }
        guard let index = callers.firstIndex(where: { $0.name == caller }) else {
            callers.append((caller, [item]))
            return
        }
        let most = max(1, capacity / 2)
        guard callers[index].items.count < most else { throw .caller(most) }
        callers[index].items.append(item)
    }

    /// The request whose turn it is.
    mutating func next() -> Item? {
        if !own.isEmpty { return own.removeFirst() }
        guard !callers.isEmpty else { return nil }
        var (name, items) = callers.removeFirst()
        let item = items.removeFirst()
        if !items.isEmpty { callers.append((name, items)) }
        return item
    }

    /// Takes out what `isGone` says; returns it.
    mutating func remove(where isGone: (Item) -> Bool) -> [Item] {
        let gone = items.filter(isGone)
        guard !gone.isEmpty else { return [] }
        own.removeAll(where: isGone)
        for index in callers.indices { callers[index].items.removeAll(where: isGone) }
        callers.removeAll { $0.items.isEmpty }
        return gone
    }
}
