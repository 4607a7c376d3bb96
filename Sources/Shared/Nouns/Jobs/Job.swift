import Foundation

/// Names one fine-tuning job, such as `ftjob-4f2a…`.
package typealias JobID = Identifier<Job>

/// What somebody asked for by OpenAI's API of fine-tuning: a file to learn, how, and the run that it became.
package struct Job: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Its file is being read; there is no run yet.
        case waiting
        /// It has a run, which says the rest.
        case begun
        /// No run could be made of it.
        case failed
        /// Somebody cancelled it before it had a run.
        case cancelled
    }

    /// A kept file as it was when the job was made.
    package struct File: Codable, Hashable, Sendable {
        package var id: String
        package var name: String
        package var sha256: String
        package var bytes: Int
        package init(id: String, name: String, sha256: String, bytes: Int) {
            (self.id, self.name, self.sha256, self.bytes) = (id, name, sha256, bytes)
        }
    }

    /// Something that is told of the job itself; the run tells the rest.
    package struct Note: Codable, Hashable, Sendable {
        package enum Level: String, Codable, Hashable, Sendable { case info, warn, error }
        package var at: Date
        package var level: Level
        package var message: String
        package init(_ message: String, level: Level = .info, at: Date = Date()) {
            (self.at, self.level, self.message) = (at, level, message)
        }
    }

    package var id: JobID
    /// Whose it is.
    package var owner: String
    /// The name of who asked, for the record.
    package var requestedBy: String
    package var pipeline: PipelineName
    package var state: State = .waiting
    package var createdAt: Date
    package var finishedAt: Date?
    /// The model as it was asked for.
    package var model: String
    package var base: BaseID
    /// The version that it goes on from; nil where it begins at the base.
    package var parent: VersionID?
    package var training: File
    /// What its checkpoints are chosen by, where that is a file of its own.
    package var validation: File?
    /// The drop of its pipeline that its file becomes.
    package var drop: DropID
    package var settings: JobSettings
    /// The caller's own, as it was sent.
    package var metadata: [String: String]?
    package var run: RunID?
    /// Why no run could be made of it.
    package var cause: Failure?
    /// Who paused it before it had a run.
    package var paused: String?
    package var notes: [Note] = []
    /// Whether its results were kept as a file, which its owner may have deleted since.
    package var hasResults: Bool?

    package init(
        id: JobID, owner: String, pipeline: PipelineName, createdAt: Date, model: String, base: BaseID,
        parent: VersionID? = nil, training: File, validation: File? = nil, drop: DropID,
        settings: JobSettings = JobSettings(), metadata: [String: String]? = nil, requestedBy: String? = nil
    ) {
        self.id = id
        self.owner = owner
        self.requestedBy = requestedBy ?? owner
        self.pipeline = pipeline
        self.createdAt = createdAt
        self.model = model
        self.base = base
        self.parent = parent
        self.training = training
        self.validation = validation
        self.drop = drop
        self.settings = settings
        self.metadata = metadata
    }
}
