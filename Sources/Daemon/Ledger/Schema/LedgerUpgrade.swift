/// That the ledger was brought to a newer schema when it was opened.
package struct LedgerUpgrade: Hashable, Sendable {
    /// The schema that it had, and the one that it has now.
    package let former: Int
    package let present: Int
    /// Where the copy of what it was lies.
    package let copy: String
}
