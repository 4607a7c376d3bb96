import Foundation
import Nouns

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
    /// What the machine does not let the daemon do, a sentence each, where nobody has asked for it (nil: nothing).
    package var remarks: [String]?
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
