import Foundation
import Nouns

/// What a parameter of a query can be.
package enum QueryValues: Hashable, Sendable {
    case text
    case choice([String])
    case number(ClosedRange<Int>, default: Int)
    /// `1`, or left out.
    case flag
    /// An ISO 8601 time.
    case time

    /// What to give instead of a value that it cannot be.
    package var remedy: String {
        switch self {
        case .text: "Give a text that is not empty."
        case .choice(let values): "Use one of: \(values.joined(separator: ", "))."
        case .number(let range, let usual):
            range.upperBound == Int.max
                ? "Give a whole number from \(range.lowerBound) on (\(usual) where it is left out)."
                : """
                Give a whole number from \(range.lowerBound) to \(range.upperBound) (\(usual) where it is left out).
                """
        case .flag: "Give 1, or leave it out."
        case .time: "Give a time such as 2026-11-24T12:00:00Z."
        }
    }
}

/// A value that stands in a query as text.
package protocol QueryValue: Hashable, Sendable {
    static var queryValues: QueryValues { get }
    /// Nil where the text is no such value.
    init?(queryText: String)
    /// Nil where nothing is written.
    var queryText: String? { get }
}

extension String: QueryValue {
    package static var queryValues: QueryValues { .text }
    package init?(queryText: String) {
        guard !queryText.isEmpty else { return nil }
        self = queryText
    }
    package var queryText: String? { self }
}

extension Identifier: QueryValue {
    package static var queryValues: QueryValues { .text }
    package init?(queryText: String) {
        guard !queryText.isEmpty else { return nil }
        self.init(queryText)
    }
    package var queryText: String? { rawValue }
}

extension Bool: QueryValue {
    package static var queryValues: QueryValues { .flag }
    package init?(queryText: String) {
        guard queryText == "1" else { return nil }
        self = true
    }
    package var queryText: String? { self ? "1" : nil }
}

extension Date: QueryValue {
    package static var queryValues: QueryValues { .time }
    package init?(queryText: String) {
        guard let date = try? Date(queryText, strategy: .iso8601) else { return nil }
        self = date
    }
    package var queryText: String? { formatted(.iso8601) }
}

extension QueryValue where Self: RawRepresentable<String> & CaseIterable {
    package static var queryValues: QueryValues { .choice(allCases.map(\.rawValue)) }
    package init?(queryText: String) { self.init(rawValue: queryText) }
    package var queryText: String? { rawValue }
}

extension RunState: QueryValue {}
extension Split: QueryValue {}
