/// That the ledger was brought to a newer schema when it was opened.
package struct LedgerUpgrade: Hashable, Sendable {
    /// The schema that it had, and the one that it has now.
    package let former: Int
    package let present: Int
    /// Where the copy of what it was lies.
    package let copy: String

    /// Whether it was of a version in which everybody who could ask could do everything.
    package var isFromBeforeRoles: Bool {
        former <= Migration.all.firstIndex { $0.name == Migration.tokens.name } ?? 0
    }
}
