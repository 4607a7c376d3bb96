import Nouns
import Settings
import Synchronization

/// The settings in force now; a reload replaces them as a whole.
package final class LiveSettings: Sendable {
    private let value: Mutex<SettingsFolder>

    package init(_ folder: SettingsFolder) { value = Mutex(folder) }

    package var now: SettingsFolder { value.withLock { $0 } }
    package var daemon: DaemonSettings { now.daemon }
    package var pipelines: [PipelineSettings] { now.pipelines }

    /// A pipeline by name, or nil where there is none (any more).
    package func pipeline(_ name: PipelineName) -> PipelineSettings? { pipelines.first { $0.name == name } }

    package func replace(_ folder: SettingsFolder) { value.withLock { $0 = folder } }
}
