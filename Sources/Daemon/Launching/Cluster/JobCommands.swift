import Nouns

/// One source of facts about jobs: Slurm's commands, or a launcher program. Every call has a time limit, and no answer
/// is no fact.
package protocol JobCommands: Sendable {
    /// Hands a job in.
    func submit(_ order: JobOrder) async -> JobSubmission
    /// Looks for a job by its unique name.
    func find(_ name: String) async -> JobFinding
    /// What is known of jobs, by their names; one that is not in the answer was not learnt of.
    func facts(_ questions: [JobQuestion]) async -> [String: JobFact]
    /// Asks the processes of the job of this name to write a checkpoint and leave; whether that was taken.
    func stop(_ id: String, of name: String) async -> Bool
    /// Ends the job of this name; whether that was taken.
    func cancel(_ id: String, of name: String) async -> Bool
    /// Which of these nodes the scheduler holds for broken.
    func broken(_ hosts: String) async -> [String]
}

/// A job to be handed in.
package struct JobOrder: Hashable, Sendable {
    /// Unique for ever.
    package var name: String
    /// The folder of the work as nodes see it.
    package var folder: String
    /// The whole script; it also lies in that folder.
    package var script: String
    package init(name: String, folder: String, script: String) {
        self.name = name
        self.folder = folder
        self.script = script
    }
}

/// A job that is asked about.
package struct JobQuestion: Hashable, Sendable {
    package var id: String
    /// Unique for ever, which numbers are not: a controller that loses the newest jobs gives their numbers to others.
    package var name: String
    /// Whether its own last event says how it ended, so that less need be asked.
    package var isEndKnown: Bool
    package init(_ id: String, of name: String, isEndKnown: Bool = false) {
        self.id = id
        self.name = name
        self.isEndKnown = isEndKnown
    }
}
