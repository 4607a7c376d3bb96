import Foundation
import Synchronization

/// Pure work on many items, on all cores.
package enum Parallel {
    /// What `body` gives for consecutive slices of `items`, in their order.
    ///
    /// The slices are the same on every machine, so that what is added up from them is too. Throws what the first slice
    /// that failed threw.
    ///
    /// - Parameter least: items that are worth a slice of their own.
    package static func slices<Items: RandomAccessCollection & Sendable, Value: Sendable, Failing: Error>(
        _ items: Items, least: Int = 64, _ body: @Sendable (Items.SubSequence) throws(Failing) -> Value
    ) throws(Failing) -> [Value] where Items.SubSequence: Sendable {
        guard !items.isEmpty else { return [] }
        let count = max(1, min(16, items.count / least))
        let results = Mutex([Result<Value, Failing>?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let first = items.index(items.startIndex, offsetBy: items.count * index / count)
            let end = items.index(items.startIndex, offsetBy: items.count * (index + 1) / count)
            let result: Result<Value, Failing>
            do throws(Failing) { result = .success(try body(items[first..<end])) } catch { result = .failure(error) }
            results.withLock { $0[index] = result }
        }
        var values: [Value] = []
        for case let result? in results.withLock({ $0 }) { values.append(try result.get()) }
        return values
    }
}
