import WorkerProtocol

/// An engine beside the standard one, and the work that goes to it: `[engines.NAME]` of finetuned.toml.
package struct EngineSettings: Codable, Hashable, Sendable {
    package var name: String
    /// Absolute path of its program.
    package var program: String
    package var tasks: [WorkerTask.Kind]
    /// Folders that it may change beside its work folder.
    package var writable: [String] = []

    package init(name: String, program: String, tasks: [WorkerTask.Kind]) {
        self.name = name
        self.program = program
        self.tasks = tasks
    }
}
