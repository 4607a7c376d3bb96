import Foundation
import Nouns

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
    /// What lies in its drop folder and is not taken yet.
    package var waiting: [WaitingFile]?
    /// What else a person should know, in sentences: how the simplest alternatives do, how many rows until verdicts,
    /// how new rows are answered.
    package var remarks: [String]?
    package init(
        name: PipelineName, base: BaseID, dropFolder: String, rows: [Split: Int], drops: Int, served: VersionID? = nil,
        servedSince: Date? = nil, lastRun: RunID? = nil, lastRunState: RunState? = nil, activity: String,
        problems: [Failure] = [], waiting: [WaitingFile]? = nil, remarks: [String]? = nil
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
        self.waiting = waiting
        self.remarks = remarks
    }
}
