import Nouns
import Transformers

/// Who is told how a piece of work goes on, and may end it.
package struct WorkObserver {
    /// A stage begins.
    package let stage: (_ name: String) -> Void
    /// A stage has come so far.
    package let progress: (_ done: Int, _ total: Int, _ unit: String) -> Void
    /// A row is left out, for what is wrong with it.
    package let warn: (_ problem: any Error, _ place: String) -> Void
    /// Asked wherever the work can be given up.
    package let interruption: Interruption

    package init(
        stage: @escaping (String) -> Void, progress: @escaping (Int, Int, String) -> Void,
        warn: @escaping (any Error, String) -> Void, interruption: @escaping Interruption
    ) {
        self.stage = stage
        self.progress = progress
        self.warn = warn
        self.interruption = interruption
    }
}

/// Rows that cannot be used, told of one by one while they are few.
package struct SkippedRows {
    /// So many are named; more are only counted.
    private static let named = 10

    private let observer: WorkObserver
    /// How many there are.
    package private(set) var count = 0

    package init(_ observer: WorkObserver) { self.observer = observer }

    /// Counts one more row of `set`.
    package mutating func add(_ row: Row, of set: String, _ problem: any Error) {
        count += 1
        if count <= Self.named { observer.warn(problem, "\(set) row \(row.id), drop \(row.drop), line \(row.line)") }
    }
}
