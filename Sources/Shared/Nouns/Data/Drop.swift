import Foundation

/// One complete file (or folder) that a person put into a pipeline's drop folder.
package struct Drop: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Claimed by rename; its bytes are safe under the daemon's own folder.
        case received
        /// Its rows have been read and judged one by one; the report is on disk.
        case validated
        /// Its good rows are in the dataset; later stages see them.
        case stored
        /// Nothing in it could be used; the original bytes and the report are kept.
        case quarantined
        /// The same bytes came before and were read by the same settings; nothing was added.
        case duplicate
        /// Withdrawn by a deletion request; its rows are in no future snapshot.
        case revoked
    }

    package var id: DropID
    package var pipeline: PipelineName
    /// The file's name as dropped.
    package var name: String
    package var sha256: String
    package var bytes: Int
    /// SHA-256 of the settings that decide what is read of the bytes; nil in drops of versions that did not note it.
    package var reading: String?
    package var state: State
    package var receivedAt: Date
    package var rowsAccepted: Int
    package var rowsRejected: Int
    package var rowsDuplicate: Int
    /// Why it is quarantined, or which drop it duplicates.
    package var note: String?
    /// Who chose its rows by rating answers; nil in drops of other rows. Such rows never judge.
    package var raters: [String]?
    /// The share of prompts that judge which was in force when it was claimed; nil in drops of versions that did not
    /// note it.
    package var gateShare: Double?
    /// How the served version did on its rows before they were learnt; nil where nobody asked it.
    package var answers: DropAnswers?
    /// What was said of it beside its bytes; nil where it was put into the drop folder.
    package var origin: DropOrigin?
    /// The programs that made rows of it, such as `DuckDB 1.5.6`; nil where the daemon read its bytes itself.
    package var reader: String?

    package init(
        id: DropID, pipeline: PipelineName, name: String, sha256: String, bytes: Int, reading: String? = nil,
        state: State, receivedAt: Date,
        rowsAccepted: Int = 0, rowsRejected: Int = 0, rowsDuplicate: Int = 0, note: String? = nil
    ) {
        self.id = id
        self.pipeline = pipeline
        self.name = name
        self.sha256 = sha256
        self.bytes = bytes
        self.reading = reading
        self.state = state
        self.receivedAt = receivedAt
        self.rowsAccepted = rowsAccepted
        self.rowsRejected = rowsRejected
        self.rowsDuplicate = rowsDuplicate
        self.note = note
    }
}

/// A frozen view of a pipeline's dataset: the rows one run learns from, chooses by and is judged on.
package struct Snapshot: Codable, Hashable, Sendable {
    /// Different answers up to which they are classes.
    package static let mostLabels = 50

    package var id: SnapshotID
    package var pipeline: PipelineName
    package var createdAt: Date
    /// Every drop whose rows may be in this snapshot.
    package var drops: [DropID]
    /// The drops that are learnt from whole; rows of others are there as replay, or judge and choose only.
    package var trained: [DropID]?
    /// Content-addressed row files (zstd-compressed JSON lines of ``Row``) by split.
    package var files: [Split: [FileReference]]
    package var rows: [Split: Int]
    /// Rows that people chose by rating answers, on questions of the gate side: the set `feedback`; nil where there are
    /// none.
    package var feedback: [FileReference]?
    /// The stored file that a file of this snapshot is a filtered copy of, by SHA-256.
    package var sources: [String: String]?
    /// Rows left out of its files, by the reason (``SetAsideRow/Reason``).
    package var removed: [String: Int]
    /// Whether rows of its drops have a rejected answer beside the preferred one; nil in older snapshots.
    package var hasPairs: Bool?
    /// The class names, where the dataset is classification.
    package var labels: [String]?

    package init(
        id: SnapshotID, pipeline: PipelineName, createdAt: Date, drops: [DropID], trained: [DropID]? = nil,
        files: [Split: [FileReference]], rows: [Split: Int], removed: [String: Int] = [:], labels: [String]? = nil
    ) {
        self.id = id
        self.pipeline = pipeline
        self.createdAt = createdAt
        self.drops = drops
        self.trained = trained
        self.files = files
        self.rows = rows
        self.removed = removed
        self.labels = labels
    }
}

/// A file named by its place and its content, so that another machine can fetch and check it.
package struct FileReference: Codable, Hashable, Sendable {
    package var path: String
    /// Lower-case hexadecimal SHA-256 of the file's bytes.
    package var sha256: String
    package var bytes: Int
    /// Rows inside, where it is a row file.
    package var rows: Int?

    package init(path: String, sha256: String, bytes: Int, rows: Int? = nil) {
        self.path = path
        self.sha256 = sha256
        self.bytes = bytes
        self.rows = rows
    }
}
