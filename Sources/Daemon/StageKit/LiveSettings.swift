import Nouns
import Settings
import Synchronization

/// The settings in force now; a reload replaces them as a whole.
package final class LiveSettings: Sendable {
    private let value: Mutex<SettingsFolder>
    private let turn = Mutex(())

    package init(_ folder: SettingsFolder) { value = Mutex(folder) }

    package var now: SettingsFolder { value.withLock { $0 } }
    package var daemon: DaemonSettings { now.daemon }
    package var pipelines: [PipelineSettings] { now.pipelines }

    /// A pipeline by name, or nil where there is none (any more).
    package func pipeline(_ name: PipelineName) -> PipelineSettings? { pipelines.first { $0.name == name } }

    /// Puts settings into force as a whole.
    package func replace(_ folder: SettingsFolder) { change { _ in folder } }

    /// Puts into force what `next` makes of the settings in force, one change after the other: what is read of the disk
    /// is never older than what another change has put there.
    ///
    /// - Returns: the settings before and after.
    @discardableResult
    package func change<Fault: Error>(_ next: (SettingsFolder) throws(Fault) -> SettingsFolder) throws(Fault) -> (
        before: SettingsFolder, after: SettingsFolder
    ) {
        try turn.withLock { _ throws(Fault) in
            let before = now
            let after = try next(before)
            value.withLock { $0 = after }
            return (before, after)
        }
    }
}
