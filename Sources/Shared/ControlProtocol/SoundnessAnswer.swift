import Nouns

/// What a look at the files that models and runs rest on has found.
package struct SoundnessAnswer: Codable, Hashable, Sendable {
    /// How many files there are to look at.
    package var files: Int
    /// Bytes that were read to compare digests.
    package var bytesRead: Int
    /// Records of what was served whose hash chain was computed anew.
    package var records: Int
    /// Files that are gone, unreadable or not what they were, and chains that are broken.
    package var faults: [Failure]
    package init(files: Int, bytesRead: Int, records: Int = 0, faults: [Failure]) {
        self.files = files
        self.bytesRead = bytesRead
        self.records = records
        self.faults = faults
    }
}
