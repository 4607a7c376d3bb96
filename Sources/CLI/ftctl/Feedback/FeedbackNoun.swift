import ArgumentParser

struct FeedbackNoun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feedback", abstract: "What people say of answers, and the rows that are made of it.",
        subcommands: [FeedbackList.self, FeedbackAdd.self])
}
