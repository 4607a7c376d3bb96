import Foundation
import Nouns
import WorkerProtocol

/// How the daemon is, for `ftctl status`.
package struct StatusAnswer: Codable, Hashable, Sendable {
    package var version: String
    package var pid: Int
    package var startedAt: Date
    package var root: String
    /// `ok`, or `degraded` with the reasons in `problems`.
    package var health: String
    /// Everything a person should look at: settings errors, a full disk, a folder without permission, …
    package var problems: [Failure]
    package var pipelines: [PipelineSummary]
    package var queued: Int
    package var activeRuns: [RunID]
    package var memoryBytes: Int
    package init(
        version: String, pid: Int, startedAt: Date, root: String, health: String, problems: [Failure],
        pipelines: [PipelineSummary], queued: Int, activeRuns: [RunID], memoryBytes: Int
    ) {
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.root = root
        self.health = health
        self.problems = problems
        self.pipelines = pipelines
        self.queued = queued
        self.activeRuns = activeRuns
        self.memoryBytes = memoryBytes
    }
}

/// One pipeline at a glance.
package struct PipelineSummary: Codable, Hashable, Sendable {
    package var name: PipelineName
    package var base: BaseID
    package var dropFolder: String
    package var rows: [Split: Int]
    package var drops: Int
    package var served: VersionID?
    package var servedSince: Date?
    package var lastRun: RunID?
    package var lastRunState: RunState?
    /// What it is doing or waiting for, in a sentence: `waiting for 4 more rows (6 of 10)`.
    package var activity: String
    package var problems: [Failure]
    package init(
        name: PipelineName, base: BaseID, dropFolder: String, rows: [Split: Int], drops: Int, served: VersionID? = nil,
        servedSince: Date? = nil, lastRun: RunID? = nil, lastRunState: RunState? = nil, activity: String,
        problems: [Failure] = []
    ) {
        self.name = name
        self.base = base
        self.dropFolder = dropFolder
        self.rows = rows
        self.drops = drops
        self.served = served
        self.servedSince = servedSince
        self.lastRun = lastRun
        self.lastRunState = lastRunState
        self.activity = activity
        self.problems = problems
    }
}

/// One line of a run's live story: a state change of the daemon or an event of its worker.
package struct RunNotice: Codable, Hashable, Sendable {
    package var index: Int
    package var at: Date
    package var run: RunID
    package var state: RunState
    package var event: WorkerEvent?
    package var message: String?
    package init(index: Int, at: Date, run: RunID, state: RunState, event: WorkerEvent? = nil, message: String? = nil) {
        self.index = index
        self.at = at
        self.run = run
        self.state = state
        self.event = event
        self.message = message
    }
}

/// Asks for a run without waiting for data.
package struct RunRequest: Codable, Hashable, Sendable {
    package var mode: Run.Mode?
    package var reason: String?
    package init(mode: Run.Mode? = nil, reason: String? = nil) {
        self.mode = mode
        self.reason = reason
    }
}

/// Asks for a run's model to be served.
package struct PromoteRequest: Codable, Hashable, Sendable {
    package var reason: String
    /// Overrides a verdict that is not `pass`; on the record for ever.
    package var force: Bool
    package init(reason: String, force: Bool = false) {
        self.reason = reason
        self.force = force
    }
}

/// Asks for an earlier version to be served again.
package struct RollbackRequest: Codable, Hashable, Sendable {
    /// nil: the one before the present.
    package var version: VersionID?
    package var reason: String
    package init(version: VersionID? = nil, reason: String) {
        self.version = version
        self.reason = reason
    }
}

/// Asks a pipeline's served model (or its base) to answer prompts.
package struct GenerateRequest: Codable, Hashable, Sendable {
    package var prompts: [String]
    package var useBase: Bool
    package var maxNewTokens: Int
    package var temperature: Double
    package init(prompts: [String], useBase: Bool = false, maxNewTokens: Int = 128, temperature: Double = 0) {
        self.prompts = prompts
        self.useBase = useBase
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
    }
}

/// Answers in the order of the prompts, and the version that gave them.
package struct GenerateAnswer: Codable, Hashable, Sendable {
    package var version: VersionID?
    package var outputs: [GeneratedOutput]
    package init(version: VersionID?, outputs: [GeneratedOutput]) {
        self.version = version
        self.outputs = outputs
    }
}

/// An open upload.
package struct UploadAnswer: Codable, Hashable, Sendable {
    package var id: String
    package init(id: String) { self.id = id }
}

/// What an uploaded file amounts to.
package struct UploadedAnswer: Codable, Hashable, Sendable {
    package var bytes: Int
    package init(bytes: Int) { self.bytes = bytes }
}

/// That something is gone.
package struct RemovedAnswer: Codable, Hashable, Sendable {
    package var removed: Bool
    package init(removed: Bool = true) { self.removed = removed }
}

/// Registers an uploaded base model.
package struct AddBaseRequest: Codable, Hashable, Sendable {
    package var upload: String
    package var id: BaseID?
    package var origin: String?
    package var licence: String?
    package init(upload: String, id: BaseID? = nil, origin: String? = nil, licence: String? = nil) {
        self.upload = upload
        self.id = id
        self.origin = origin
        self.licence = licence
    }
}

/// One gate row as candidate and served model answered it.
package struct ExampleComparison: Codable, Hashable, Sendable {
    package var candidate: ExampleRecord
    package var served: ExampleRecord?
    package init(candidate: ExampleRecord, served: ExampleRecord? = nil) {
        self.candidate = candidate
        self.served = served
    }
}

/// The body of every error answer.
package struct ErrorAnswer: Codable, Hashable, Sendable {
    package var error: Failure
    package init(error: Failure) { self.error = error }
}
