import Nouns
import WorkerProtocol

/// One engine as it is now: what it is, what it says of itself, and what is at work on it.
package struct EngineSummary: Codable, Hashable, Sendable {
    package var name: EngineName
    /// `builtin`, `torch`, or the absolute path of its program.
    package var program: String
    /// The file that describes it; nil for the daemon's own worker.
    package var file: String?
    /// Who starts it.
    package var launcher: String
    /// Processes that compute together.
    package var ranks: Int
    package var precision: String
    package var quantise: String
    package var parallel: String
    /// Runs that may be at work on it at the same time, and those that are.
    package var slots: Int
    package var used: Int
    /// The pipelines that name it.
    package var pipelines: [PipelineName]
    /// What it says of itself; nil where it says nothing.
    package var description: EngineDescription?
    /// What keeps it from working.
    package var problem: Failure?

    package init(
        name: EngineName, program: String, file: String?, launcher: String, ranks: Int, precision: String,
        quantise: String, parallel: String, slots: Int, used: Int, pipelines: [PipelineName],
        description: EngineDescription? = nil, problem: Failure? = nil
    ) {
        self.name = name
        self.program = program
        self.file = file
        self.launcher = launcher
        self.ranks = ranks
        self.precision = precision
        self.quantise = quantise
        self.parallel = parallel
        self.slots = slots
        self.used = used
        self.pipelines = pipelines
        self.description = description
        self.problem = problem
    }
}
