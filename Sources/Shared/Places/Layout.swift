/// Every path the product uses, derived from one root: `/` when installed, or a sandbox folder given by `--root`.
package struct Layout: Hashable, Sendable {
    package let root: String

    /// - Parameter root: an absolute folder; `/` for an installed daemon.
    package init(root: String) {
        self.root = root == "/" ? "" : (root.hasSuffix("/") ? String(root.dropLast()) : root)
    }

    package var settings: String { root + "/etc/finetuned" }
    package var daemonSettings: String { settings + "/finetuned.toml" }
    package var pipelineSettings: String { settings + "/pipelines" }
    /// The golden sets of a pipeline, beside its TOML file.
    package func golden(_ pipeline: String) -> String { pipelineSettings + "/\(pipeline)/golden" }
    package var state: String { root + "/var/lib/finetuned" }
    package var ledger: String { state + "/ledger.sqlite" }
    package var runtime: String { root.isEmpty ? "/run/finetuned" : root + "/run" }
    package var socket: String { runtime + "/finetuned.sock" }
    package var uploads: String { state + "/uploads" }

    /// Where people drop files for a pipeline, unless its settings name another folder.
    package func drop(_ pipeline: String) -> String { state + "/drop/" + pipeline }
    /// Where a claimed drop's original bytes and report are kept for ever.
    package func intake(_ pipeline: String, drop: String) -> String { state + "/intake/\(pipeline)/\(drop)" }
    package func quarantine(_ pipeline: String) -> String { state + "/quarantine/" + pipeline }
    package func datasets(_ pipeline: String) -> String { state + "/datasets/" + pipeline }
    package func run(_ id: String) -> String { state + "/runs/" + id }
    package func models(_ pipeline: String) -> String { state + "/models/" + pipeline }
    package func version(_ pipeline: String, _ id: String) -> String { models(pipeline) + "/" + id }
    /// The symlink that says which version is served.
    package func current(_ pipeline: String) -> String { models(pipeline) + "/current" }
    package func base(_ id: String) -> String { state + "/bases/" + id }
    package func export(_ version: String) -> String { state + "/exports/" + version }
}
