import Nouns

/// A row of a stored file as the dataset has it, which may know it from another drop.
package struct FileRow: Hashable, Sendable {
    package var id: RowID
    /// Its line in the file.
    package var line: Int
    /// The drop whose shard it is in.
    package var owner: DropID
    package var split: Split
}
