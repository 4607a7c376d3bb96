/// What is to be done because something happened to a run. Whoever recorded the event carries it out, once the record
/// is on disk.
package enum RunEffect: Hashable, Sendable {
    /// Write a line to the journal.
    case journal(JournalLine)
    /// Tell those who watch the run.
    case tell(String)
    /// Wake the stages that may have work now.
    case wake(Set<Stage>)
    /// End the story: those who watch get no more.
    case endStory

    /// A line of the journal about a run: `Run r-000001 of tickets <predicate>`.
    package struct JournalLine: Hashable, Sendable {
        /// The kind of event, such as `run.trained`.
        package var event: String
        package var level: Level
        /// What is said of the run, without its name.
        package var predicate: String
        /// The version in question, if any.
        package var version: VersionID?
        package init(event: String, level: Level, predicate: String, version: VersionID? = nil) {
            self.event = event
            self.level = level
            self.predicate = predicate
            self.version = version
        }
    }

    /// How much a line of the journal matters; the names are those of swift-log.
    package enum Level: String, Hashable, Sendable, CaseIterable { case info, notice, warning, error }

    /// Those that take a run from one another.
    package enum Stage: String, Hashable, Sendable, CaseIterable {
        case scheduling, supervision, gating, promotion, delivery, experiments
    }
}
