import Foundation
import Nouns
import Statistics

/// When the answers to new drops have become worse: the task drifts, or the labels of a drop are bad.
///
/// The newest drop, and the newest two together, are compared with those before them by a test of two shares. Without a
/// change both together are taken for a fall in at most one of 200 drops.
package enum FallRules {
    /// One drop's figures.
    package struct Point: Hashable, Sendable {
        package var drop: DropID
        package var asked: Int
        package var right: Int
        package init(drop: DropID, asked: Int, right: Int) {
            self.drop = drop
            self.asked = asked
            self.right = right
        }
    }

    /// A fall: the drops that show it, and the shares before and now.
    package struct Fall: Hashable, Sendable {
        package var drops: [DropID]
        package var before: Double
        package var now: Double
    }

    /// Drops before the newest that are compared with: the newer the drop, the more alike the model that answered.
    private static let window = 10
    /// The error permitted to each of the two tests.
    static let level = 0.002
    /// Rows without which nothing is said.
    private static let fewest = 20

    /// The fall that the newest drops show; nil where there is none. `points` are the answered drops, oldest first.
    package static func fall(_ points: [Point]) -> Fall? {
        for newest in [1, 2] where points.count > newest {
            let now = points.suffix(newest)
            let before = points.dropLast(newest).suffix(window)
            let (asked, right) = (sum(now, \.asked), sum(now, \.right))
            let (earlier, rightEarlier) = (sum(before, \.asked), sum(before, \.right))
            guard asked >= fewest, earlier >= fewest else { continue }
            let shares = (before: Double(rightEarlier) / Double(earlier), now: Double(right) / Double(asked))
            guard shares.now < shares.before else { continue }
            // As many wrong ones or more among the new rows, if all rows were alike (Fisher's exact test, mid-p).
            let wrong = (earlier - rightEarlier) + (asked - right)
            let p = tail(wrongNow: asked - right, of: asked, wrong: wrong, all: asked + earlier)
            if p <= level { return Fall(drops: now.map(\.drop), before: shares.before, now: shares.now) }
        }
        return nil
    }

    private static func sum(_ points: some Sequence<Point>, _ count: KeyPath<Point, Int>) -> Int {
        points.reduce(0) { $0 + $1[keyPath: count] }
    }

    /// P(as many wrong ones among `count` of `all` rows, of which `wrong` are wrong), the ties half.
    private static func tail(wrongNow: Int, of count: Int, wrong: Int, all: Int) -> Double {
        let whole = SpecialFunctions.logChoose(all, count)
        let most = min(count, wrong)
        guard wrongNow <= most else { return 0 }
        return (wrongNow...most).reduce(0) { sum, k in
            let log =
                SpecialFunctions.logChoose(wrong, k) + SpecialFunctions.logChoose(all - wrong, count - k) - whole
            return sum + (k == wrongNow ? 0.5 : 1) * exp(log)
        }
    }
}
