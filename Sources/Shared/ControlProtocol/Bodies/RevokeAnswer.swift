import Nouns

/// What a withdrawal did, and which models were trained on what is withdrawn.
package struct RevokeAnswer: Codable, Hashable, Sendable {
    package var drop: DropID
    /// Rows that are in no future snapshot, and rows that stay because another drop brought them too.
    package var rowsWithdrawn: Int
    package var rowsKept: Int
    /// Every version that was trained on its rows, itself or in what it continues from.
    package var versions: [VersionID]
    /// That of them which is served now.
    package var served: VersionID?
    /// Runs that were not over and learn from or are judged on its rows; they are cancelled.
    package var cancelled: [RunID]
    package var erasedBytes: Int
    package init(
        drop: DropID, rowsWithdrawn: Int, rowsKept: Int, versions: [VersionID], served: VersionID? = nil,
        cancelled: [RunID] = [], erasedBytes: Int = 0
    ) {
        self.drop = drop
        self.rowsWithdrawn = rowsWithdrawn
        self.rowsKept = rowsKept
        self.versions = versions
        self.served = served
        self.cancelled = cancelled
        self.erasedBytes = erasedBytes
    }
}
