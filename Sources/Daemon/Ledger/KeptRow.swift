import Nouns

/// A row of a withdrawn drop that another drop brought as well, and so stays.
package struct KeptRow: Hashable, Sendable {
    package var id: RowID
    package var split: Split
    /// The earliest other drop that brought it, and its line there.
    package var drop: DropID
    package var line: Int
}
