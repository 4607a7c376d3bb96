import ArgumentParser

struct VersionNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "The model versions of a pipeline.",
        subcommands: [
            VersionList.self, VersionShow.self, VersionAnnotate.self, VersionAlias.self, VersionCompare.self,
            VersionExport.self, VersionAdd.self, VersionPackFile.self,
        ])
}
