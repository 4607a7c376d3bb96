import ControlProtocol
import Nouns
import Synchronization

/// What lies in drop folders and is not taken yet: which file, since when, and why; for `ftctl status`.
package final class WaitingBoard: Sendable {
    private let entries = Mutex<[PipelineName: [WaitingFile]]>([:])

    package init() {}

    /// What a pipeline's folder waits for now, as a scan found it. What waited before keeps the time of its beginning.
    package func set(_ pipeline: PipelineName, _ files: [WaitingFile]) {
        entries.withLock { entries in
            let former = Dictionary(
                (entries[pipeline] ?? []).map { ($0.name, $0.since) }, uniquingKeysWith: { first, _ in first })
            entries[pipeline] = files.map { file in
                var file = file
                file.since = former[file.name] ?? file.since
                return file
            }
        }
    }

    /// What a pipeline waits for, by name.
    package subscript(_ pipeline: PipelineName) -> [WaitingFile] { entries.withLock { $0[pipeline] ?? [] } }
}
