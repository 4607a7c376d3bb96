/// Work that a launcher has taken, in a form that outlives the daemon: the ledger keeps it with its run, so that a
/// restarted daemon can ask for the work again.
package struct WorkHandle: Codable, Hashable, Sendable {
    /// The kind of launcher that took it, such as `local`; no other one knows what `id` means.
    package var launcher: String
    /// What that launcher knows the work by: a process, a job of a cluster.
    package var id: String
    /// The folder of the request.
    package var directory: String

    package init(launcher: String, id: String, directory: String) {
        self.launcher = launcher
        self.id = id
        self.directory = directory
    }
}
