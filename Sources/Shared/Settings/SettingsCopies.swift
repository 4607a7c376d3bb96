import Foundation
import Nouns
import Places
import Platform

/// The last sound text of each settings file, kept with the state: what is in force after a restart where a file
/// cannot be read or is not sound any more.
///
/// A copy of a file that somebody removed on purpose goes with it.
package struct SettingsCopies: Sendable {
    private let layout: Layout

    package init(_ layout: Layout) { self.layout = layout }

    /// What the copies say, as if they lay where the files lie. Nothing in it opens the network: what somebody took
    /// out of a file that cannot be read now must not come back by way of its copy.
    func settings() -> SettingsFolder {
        var folder = SettingsFolder()
        if let text = text(layout.settingsCopy) {
            folder.readDaemon(SettingsFile.Source(path: layout.daemonSettings, text: text))
            if !folder.problems.isEmpty {
                folder.daemon = DaemonSettings()
                folder.hasDaemonFile = false
            }
        }
        for name in names() {
            guard let text = text(layout.pipelineSettingsCopies + "/" + name),
                case let path = layout.pipelineSettings + "/" + name,
                let read = try? SettingsFolder.pipeline(SettingsFile.Source(path: path, text: text)), read.1.isEmpty
            else { continue }
            var pipeline = read.0
            pipeline.delivery.webhook = nil
            folder.pipelines.append(pipeline)
        }
        return folder
    }

    /// Keeps the text of every sound file, and drops the copies of files that are gone. Throws a FileFailure.
    package func keep(_ folder: SettingsFolder) throws {
        var wanted: Set<String> = []
        for (path, text) in folder.texts.sorted(by: { $0.key < $1.key }) {
            let isPipeline = path != layout.daemonSettings
            let copy =
                isPipeline
                ? layout.pipelineSettingsCopies + "/" + (path as NSString).lastPathComponent : layout.settingsCopy
            if isPipeline { wanted.insert((path as NSString).lastPathComponent) }
            if self.text(copy) == text { continue }
            try AtomicFile.makeFolder(layout.pipelineSettingsCopies)
            try AtomicFile.write(Data(text.utf8), to: copy, mode: 0o600)
        }
        if folder.isDaemonFileGone, folder.texts[layout.daemonSettings] == nil { try remove(layout.settingsCopy) }
        guard folder.isListed else { return }
        let faulty = Set(folder.faulty.map { ($0 as NSString).lastPathComponent })
        for name in names() where !wanted.contains(name) && !faulty.contains(name) {
            try remove(layout.pipelineSettingsCopies + "/" + name)
        }
    }

    private func names() -> [String] {
        ((try? FolderListing.names(layout.pipelineSettingsCopies)) ?? []).filter(SettingsFolder.isPipelineFile).sorted()
    }

    private func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove it", path, errno: errno) }
    }
}
