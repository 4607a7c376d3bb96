import Nouns

/// What a look at the files that models and runs rest on has found.
package struct SoundnessAnswer: Codable, Hashable, Sendable {
    /// How many files there are to look at.
    package var files: Int
    /// Bytes that were read to compare digests.
    package var bytesRead: Int
    /// Files that are gone, unreadable or not what they were.
    package var faults: [Failure]
    package init(files: Int, bytesRead: Int, faults: [Failure]) {
        self.files = files
        self.bytesRead = bytesRead
        self.faults = faults
    }
}
