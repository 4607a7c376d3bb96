import ArgumentParser

struct VersionNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "The model versions of a pipeline.",
        discussion: """
            `ftctl version PIPELINE` lists them; with a version or one of its names behind it, that one is shown.

            Example: ftctl version tickets previous
            """,
        subcommands: [
            VersionList.self, VersionShow.self, VersionAnnotate.self, VersionAlias.self, VersionCompare.self,
            VersionExport.self, VersionAdd.self, VersionPackFile.self,
        ])
}
