import ArgumentParser

struct BaseNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base", abstract: "The registry of base models.",
        subcommands: [
            BaseAdd.self, BaseList.self, BaseShow.self, BaseRemove.self, BaseRecommend.self, BaseCheck.self,
            BaseFind.self, BaseSuggest.self,
        ])
}
