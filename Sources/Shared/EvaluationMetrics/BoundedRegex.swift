import Foundation
import Synchronization

/// A regular expression (ICU) of somebody else's, which is given little time: some take longer than the universe has
/// been there.
package struct BoundedRegex: Sendable {
    /// How a search went.
    package enum Answer: Hashable, Sendable {
        case found, absent
        /// It takes too long.
        case tooLong
        /// It is no regular expression.
        case invalid
    }

    /// The most characters of an expression.
    package static let longest = 10_000
    /// The seconds that one search may take.
    package static let patience = 1.0

    /// Expressions that took too long once, which are not tried again: a thousand answers must not take a thousand
    /// times as long.
    private static let hopeless = Mutex<Set<String>>([])

    private let pattern: String
    private let options: NSRegularExpression.Options

    package init(_ pattern: String, ignoringCase: Bool = false) {
        self.pattern = pattern
        options = ignoringCase ? [.caseInsensitive] : []
    }

    /// Whether it can be used at all.
    package var isValid: Bool { expression != nil }

    /// Whether it is found anywhere in a text.
    package func search(_ text: String) -> Answer {
        guard let expression else { return .invalid }
        guard !Self.hopeless.withLock({ $0.contains(pattern) }) else { return .tooLong }
        var answer = Answer.absent
        let end = ContinuousClock.now + .seconds(Self.patience)
        // ICU reports its progress every few thousand steps.
        expression.enumerateMatches(
            in: text, options: [.reportProgress], range: NSRange(text.startIndex..., in: text)
        ) { result, _, stop in
            if result != nil {
                answer = .found
                stop.pointee = true
            } else if ContinuousClock.now > end {
                answer = .tooLong
                stop.pointee = true
            }
        }
        if answer == .tooLong { Self.hopeless.withLock { _ = $0.insert(pattern) } }
        return answer
    }

    private var expression: NSRegularExpression? {
        pattern.count <= Self.longest ? try? NSRegularExpression(pattern: pattern, options: options) : nil
    }
}
