import ArgumentParser

struct BaseNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base", abstract: "The registry of base models.",
        discussion: """
            A base is what runs start from. `ftctl base NAME` shows one.

            Example: ftctl base suggest
            """,
        subcommands: [
            BaseAdd.self, BaseList.self, BaseShow.self, BaseRemove.self, BaseRecommend.self, BaseCheck.self,
            BaseFind.self, BaseSuggest.self,
        ])
}
