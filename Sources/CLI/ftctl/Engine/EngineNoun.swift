import ArgumentParser

struct EngineNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "The engines that train.",
        subcommands: [EngineList.self, EngineShow.self, EngineCheck.self])
}
