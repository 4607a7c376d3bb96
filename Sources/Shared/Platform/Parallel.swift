import Foundation
import Synchronization

/// Pure work on many items, on all cores.
package enum Parallel {
    /// What `body` gives for consecutive slices of `items`, in their order.
    ///
    /// The slices are the same on every machine, so that what is added up from them is too. Throws what the first slice
    /// that failed threw. The caller's thread works too; the threads that help it give way to whatever answers people.
    ///
    /// - Parameter least: items that are worth a slice of their own.
    package static func slices<Items: RandomAccessCollection & Sendable, Value: Sendable, Failing: Error>(
        _ items: Items, least: Int = 64, _ body: @escaping @Sendable (Items.SubSequence) throws(Failing) -> Value
    ) throws(Failing) -> [Value] where Items.SubSequence: Sendable {
        guard !items.isEmpty else { return [] }
        let count = max(1, min(16, items.count / least))
        let results = Results<Result<Value, Failing>>(count)
        ParallelHelpers.shared.perform(count) { index in
            let first = items.index(items.startIndex, offsetBy: items.count * index / count)
            let end = items.index(items.startIndex, offsetBy: items.count * (index + 1) / count)
            let result: Result<Value, Failing>
            do throws(Failing) { result = .success(try body(items[first..<end])) } catch { result = .failure(error) }
            results.list.withLock { $0[index] = result }
        }
        var values: [Value] = []
        for case let result? in results.list.withLock({ $0 }) { values.append(try result.get()) }
        return values
    }

    private final class Results<Element: Sendable>: Sendable {
        let list: Mutex<[Element?]>
        init(_ count: Int) { list = Mutex([Element?](repeating: nil, count: count)) }
    }
}
