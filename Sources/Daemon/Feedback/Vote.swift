import Foundation

/// A rating without its words.
package struct Vote: Hashable, Sendable {
    package var isGood: Bool
    /// Who rates.
    package var by: String
    package var at: Date

    package init(isGood: Bool, by: String, at: Date) { (self.isGood, self.by, self.at) = (isGood, by, at) }
}
