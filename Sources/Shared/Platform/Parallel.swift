import Foundation
import Synchronization

/// Pure work on many items, on all cores.
package enum Parallel {
    /// Items that are worth a slice of their own.
    private static let least = 64

    /// What `body` gives for consecutive slices of `items`, in their order.
    ///
    /// The slices are the same on every machine, so that what is added up from them is too. Throws what the first slice that failed threw.
    package static func slices<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ body: @Sendable (ArraySlice<Item>) throws -> Value
    ) throws -> [Value] {
        guard !items.isEmpty else { return [] }
        let count = max(1, min(16, items.count / least))
        let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let slice = items[(items.count * index / count)..<(items.count * (index + 1) / count)]
            let result = Result { try body(slice) }
            results.withLock { $0[index] = result }
        }
        return try results.withLock { $0 }.compactMap { try $0?.get() }
    }
}
