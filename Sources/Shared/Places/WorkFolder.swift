/// The folder of one piece of a worker's work, with the files that the daemon and the worker know each other's by.
package struct WorkFolder: Hashable, Sendable {
    package let path: String

    /// - Parameter path: the request's `directory`.
    package init(_ path: String) { self.path = path }

    /// What is to be done.
    package var request: String { path + "/request.json" }
    /// What happened, one event a line; a resumed run goes on in the same file.
    package var events: String { path + "/events.jsonl" }
    /// What came of it.
    package var result: String { path + "/result.json" }
    /// What the worker said last where it died.
    package var complaints: String { path + "/stderr.log" }
    /// Where a serving worker takes orders.
    package var socket: String { path + "/serve.sock" }
    /// The number of the newest attempt at this work; an engine of an earlier one writes nothing more.
    package var attempt: String { path + "/attempt" }
    /// How often the worker's memory was halved since the kernel had killed it for want of memory.
    package var reductions: String { path + "/reductions" }
    /// What a job of a scheduler runs, kept to be read.
    /// - Parameter attempt: the number of the job's first attempt.
    package func job(_ attempt: Int) -> String { path + "/job-\(attempt).sh" }
    /// What a job noted of its node when it began.
    package var jobStart: String { path + "/job.started" }
    /// Where the worker writes the rows as tokens, for engines that read no text.
    package var tokens: String { path + "/tokens" }
    /// Where an engine's part of an evaluation is done: a folder each for what is asked (`asked`), losses (`scores`)
    /// and answers (`answers`).
    package var engine: WorkFolder { WorkFolder(path + "/engine") }
    /// A folder of its own for a part of the work.
    package func part(_ name: String) -> String { path + "/" + name }
    /// Where the worker writes the base as a Hugging Face folder, for engines that read no other.
    package var base: String { path + "/base" }
    /// Where training goes on after an interruption.
    package var checkpoint: String { path + "/checkpoint.safetensors" }
    /// What was trained by the end of each epoch that is kept, where that was asked for.
    package var epochs: String { path + "/epochs" }
    /// - Parameter step: the optimizer steps inside.
    package func epoch(_ step: Int) -> String { epochs + "/step-\(step)" }
}
