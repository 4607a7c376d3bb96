import Nouns
import Places

extension SettingsFolder {
    /// Reads the settings at the start of the daemon: where a file cannot be read or is not sound, what its copy says
    /// is in force, and `kept`, `keptDaemon` and `isFromCopies` say so.
    package static func readAtStart(_ layout: Layout) -> SettingsFolder {
        var folder = read(layout)
        let copies = SettingsCopies(layout).settings()
        folder.keepFormer(copies, layout, hasDaemon: copies.hasDaemonFile)
        folder.isFromCopies = folder.keptDaemon || !folder.kept.isEmpty
        return folder
    }

    /// Reads the settings again: for every file that cannot be read or is not sound, what was in force before stays in
    /// force until the file is mended or removed on purpose.
    ///
    /// - Parameter former: what was in force.
    package static func read(_ layout: Layout, after former: SettingsFolder) -> SettingsFolder {
        var folder = read(layout)
        folder.keepFormer(former, layout, hasDaemon: true)
        folder.isFromCopies = former.isFromCopies && (folder.keptDaemon || !folder.kept.isEmpty)
        return folder
    }

    /// Keeps what was in force before for every file that is there and not sound; for all of them where the folders
    /// cannot be read or have gone as a whole, which is no way to remove a file on purpose.
    private mutating func keepFormer(_ former: SettingsFolder, _ layout: Layout, hasDaemon: Bool) {
        let isFaulty = !problems(of: layout.daemonSettings).isEmpty
        if hasDaemon, isFaulty || !hasDaemonFile && !isDaemonFileGone {
            daemon = former.daemon
            keptDaemon = true
            hasDaemonFile = true
        }
        if !isListed, !former.pipelines.isEmpty {
            if isFolderGone {
                problems.append(
                    Failure(
                        code: "settings.unreadable", "The folder of pipelines is not there.",
                        at: layout.pipelineSettings,
                        remedy: "Put it back; a pipeline is ended by removing its file from that folder."))
            }
            let files = former.pipelines.filter { !layout.isMade($0.file) }
            faulty.formUnion(files.map(\.file))
            // One of these goes before a pipeline of the same name that jobs made.
            let names = Set(files.map(\.name))
            pipelines.removeAll { layout.isMade($0.file) && names.contains($0.name) }
        }
        keepFormer(engines: former.engines)
        keepFormer(former.pipelines, layout)
    }

    /// Keeps the settings that were in force before for every pipeline whose file is there and not sound, until it is
    /// mended or removed.
    ///
    /// What was in force goes before what is new: a file that claims the drop folder of a pipeline that keeps its
    /// settings is at fault itself.
    ///
    /// - Parameter former: the pipelines that were in force.
    private mutating func keepFormer(_ former: [PipelineSettings], _ layout: Layout) {
        let former = Dictionary(former.map { ($0.file, $0) }, uniquingKeysWith: { $1 })
        var waiting = faulty.sorted()
        while let file = waiting.popLast() {
            guard let settings = former[file], !kept.contains(settings.name) else { continue }
            let folders = DropFolders(layout: layout)
            for other in pipelines {
                guard let fault = folders.fault(other, beside: settings) else { continue }
                pipelines.removeAll { $0.name == other.name }
                refuse(other, fault)
                waiting.append(other.file)
            }
            pipelines.append(settings)
            kept.append(settings.name)
        }
        pipelines.sort { $0.name < $1.name }
        kept.sort()
    }
}
