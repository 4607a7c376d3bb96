import Foundation

/// What hooks and webhooks are told: a program gets it as one line of JSON on standard input, a URL as the body of a
/// POST (``WebhookEvent``).
package struct DeliveryEvent: Codable, Hashable, Sendable {
    /// What can be told of; the raw value is the key under `[delivery.hooks]`.
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case promoted, rejected, inconclusive, failed
        case rolledBack = "rolled_back"
        /// A run passed its gates and waits for `ftctl promote`.
        case accepted
        /// A dropped file could not be used.
        case quarantined
        /// Something is wrong with the daemon, as `ftctl status` says; and nothing is any more.
        case degraded, recovered
        /// What became of a fine-tuning job of OpenAI's API.
        case jobSucceeded = "job_succeeded"
        case jobFailed = "job_failed"
        case jobCancelled = "job_cancelled"

        /// Those of jobs, which OpenAI's clients know.
        package static let ofJobs: [Kind] = [.jobSucceeded, .jobFailed, .jobCancelled]

        /// What happened, as the end of a sentence: a program run when ….
        package var about: String {
            switch self {
            case .promoted: "a version is promoted"
            case .rejected: "a run is rejected"
            case .inconclusive: "a run is inconclusive"
            case .failed: "a run has failed"
            case .rolledBack: "a version is rolled back"
            case .accepted: "a run has passed and waits for `ftctl promote`"
            case .quarantined: "a dropped file is quarantined"
            case .degraded: "the daemon has had a problem for half a minute"
            case .recovered: "the daemon has no problem any more"
            case .jobSucceeded: "a fine-tuning job has succeeded, whatever the gates say"
            case .jobFailed: "a fine-tuning job has failed"
            case .jobCancelled: "a fine-tuning job was cancelled"
            }
        }
    }

    /// What it is about.
    package struct Payload: Codable, Hashable, Sendable {
        package var pipeline: PipelineName
        package var run: RunID?
        package var drop: DropID?
        package var job: JobID?
        /// What is served afterwards (nil: the base alone), for promotions and rollbacks.
        package var version: VersionID?
        package var previous: VersionID?
        /// Folder of the served version, where there is one.
        package var path: String?
        package var who: String?
        package var reason: String

        package init(
            pipeline: PipelineName, run: RunID? = nil, drop: DropID? = nil, job: JobID? = nil,
            version: VersionID? = nil, previous: VersionID? = nil, path: String? = nil, who: String? = nil,
            reason: String
        ) {
            self.pipeline = pipeline
            self.run = run
            self.drop = drop
            self.job = job
            self.version = version
            self.previous = previous
            self.path = path
            self.who = who
            self.reason = reason
        }
    }

    /// The same for every attempt, so that a receiver can tell a repetition.
    package var id: String
    package var object: String
    /// Seconds since 1970.
    package var createdAt: Int
    package var type: Kind
    package var data: Payload

    package init(id: String, createdAt: Int, type: Kind, data: Payload) {
        self.id = id
        object = "event"
        self.createdAt = createdAt
        self.type = type
        self.data = data
    }

    enum CodingKeys: String, CodingKey {
        case id, object, type, data
        case createdAt = "created_at"
    }
}
