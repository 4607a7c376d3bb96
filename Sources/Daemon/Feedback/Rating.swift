import Foundation

/// What somebody said of a completion.
package struct Rating: Codable, Hashable, Sendable {
    package var isGood: Bool
    /// What the answer should have been.
    package var correction: String?
    /// Who rates.
    package var by: String
    package var note: String?
    package var at: Date

    package init(isGood: Bool, correction: String? = nil, by: String, note: String? = nil, at: Date) {
        (self.isGood, self.correction, self.by, self.note, self.at) = (isGood, correction, by, note, at)
    }

    /// Whether it says what `other` says, whenever that was said.
    package func isSame(as other: Rating) -> Bool {
        var moved = other
        moved.at = at
        return self == moved
    }
}
