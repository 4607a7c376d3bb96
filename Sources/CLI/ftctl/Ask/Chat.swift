import ArgumentParser
import ControlClient
import ControlProtocol
import Foundation
import Nouns

struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Talk with a pipeline's served model, a version, a run's model or a base.",
        discussion: """
            The answer is shown as it comes. Ctrl-C stops an answer, and what came of it stays in the conversation; \
            Ctrl-D, or Ctrl-C between answers, ends. Where standard input is no terminal each of its lines is one \
            turn. \
            With --json every turn is a line of JSON.

            Example: ftctl chat tickets --system "Answer in one word." --messages conversation.json
            """)
    @OptionGroup var connection: Connection
    @Argument(help: "A pipeline, a version, a run or a base.", completion: .models) var model: String
    @Option(help: ArgumentHelp("What the model is told before the conversation.", valueName: "text")) var system:
        String?
    @Option(
        help: "A file that the conversation begins with: a JSON list of messages, or one message a line.",
        completion: .file())
    var messages: String?
    @Option(help: ArgumentHelp("Longest answer in tokens.", valueName: "tokens")) var maxNewTokens: Int?
    @Option(help: ArgumentHelp("0 is greedy.", valueName: "number")) var temperature = 0.0
    @Option(help: ArgumentHelp("The same seed draws the same answers.", valueName: "number")) var seed: Int?

    func run() async throws {
        try await connection.use { client in
            var conversation = Conversation(
                messages: try start(), isJSON: connection.json,
                showsPrompt: isatty(0) == 1 && Terminal.isInteractive && !connection.json)
            let interruption = AnswerInterruption()
            if conversation.awaitsAnswer { try await answer(&conversation, client, interruption) }
            while let line = conversation.next() {
                conversation.add(line)
                try await answer(&conversation, client, interruption)
            }
        }
    }

    private func answer(_ conversation: inout Conversation, _ client: ControlClient, _ interruption: AnswerInterruption)
        async throws
    {
        let question = ChatQuestion(
            model: model, messages: conversation.messages, temperature: temperature, seed: seed,
            maxTokens: maxNewTokens)
        let shown = !connection.json
        let answer = Task {
            var answer = ConversationAnswer()
            do {
                try await client.chat(question) { piece in
                    answer.add(piece)
                    if shown { Terminal.show(piece.text) }
                }
            } catch {
                // However the closed connection shows itself.
                guard Task.isCancelled else { throw error }
                answer.finish = "interrupted"
            }
            return answer
        }
        let ended = try await interruption.until(answer)
        try conversation.add(ended)
    }

    /// What the conversation begins with.
    private func start() throws -> [Message] {
        let told = system.map { [Message(role: "system", content: $0)] } ?? []
        return told + (try messages.map { try ConversationFile.read($0) } ?? [])
    }
}
