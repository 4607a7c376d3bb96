import Foundation

/// An immutable model: a base plus trained adapters, named by its content.
package struct ModelVersion: Codable, Hashable, Sendable {
    package var id: VersionID
    package var pipeline: PipelineName
    package var run: RunID
    package var base: BaseID
    package var baseDigest: String
    /// Applied to the base in order; paths are inside the version's own folder.
    package var adapters: [AdapterReference]
    package var parent: VersionID?
    package var snapshot: SnapshotID
    package var recipe: Recipe
    package var createdAt: Date
    /// Version of the programs that made it, and the machine's determinism fingerprint.
    package var code: String
    package var machine: String
    /// The engine that trained it; nil for the daemon's own worker.
    package var engine: EngineRecord?
    /// Where the base was fetched from; nil where it came from a path or a package.
    package var baseSource: BaseSource?
    /// Where it comes from, where another daemon has trained it.
    package var foreign: ForeignOrigin?
    package var notes: String?
    package var tags: [String: String]

    package init(
        id: VersionID, pipeline: PipelineName, run: RunID, base: BaseID, baseDigest: String,
        adapters: [AdapterReference], parent: VersionID? = nil, snapshot: SnapshotID, recipe: Recipe, createdAt: Date,
        code: String, machine: String, notes: String? = nil, tags: [String: String] = [:]
    ) {
        self.id = id
        self.pipeline = pipeline
        self.run = run
        self.base = base
        self.baseDigest = baseDigest
        self.adapters = adapters
        self.parent = parent
        self.snapshot = snapshot
        self.recipe = recipe
        self.createdAt = createdAt
        self.code = code
        self.machine = machine
        self.notes = notes
        self.tags = tags
    }
}

/// One line of the append-only promotion ledger: what was served from when on, by whose doing, and why.
package struct PromotionRecord: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable {
        case automatic, manual, forced, rollback
        case canaryRollback = "canary-rollback"
    }
    package var sequence: Int
    package var pipeline: PipelineName
    /// What `current` points to afterwards (nil: the base alone).
    package var version: VersionID?
    package var previous: VersionID?
    package var run: RunID?
    package var kind: Kind
    package var who: String
    package var reason: String
    package var at: Date
    /// SHA-256 over the previous record's hash and this record's content.
    package var previousHash: String
    package var hash: String
    /// How it did on rows that came while it was served; said of it when it is shown, and no part of the record.
    package var newRows: NewRowsFigure?
    /// Where it stands in the stream of promotions; said of it when it is shown, and no part of the record.
    package var standing: String?
    package init(
        sequence: Int, pipeline: PipelineName, version: VersionID?, previous: VersionID?, run: RunID?, kind: Kind,
        who: String, reason: String, at: Date, previousHash: String, hash: String
    ) {
        self.sequence = sequence
        self.pipeline = pipeline
        self.version = version
        self.previous = previous
        self.run = run
        self.kind = kind
        self.who = who
        self.reason = reason
        self.at = at
        self.previousHash = previousHash
        self.hash = hash
    }
}
