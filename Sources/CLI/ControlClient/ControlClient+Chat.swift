import ControlProtocol
import Foundation
import Nouns

extension ControlClient {
    /// A piece of an answer to a conversation.
    package struct ChatPiece: Hashable, Sendable {
        package var text: String
        /// Why the answer ended: `stop`, `length` or `tool_calls`; nil before it has.
        package var finish: String?
        /// The version that answers.
        package var model: String
    }

    /// Asks a model to go on with a conversation, and gives the answer piece by piece as it comes, by OpenAI's API.
    /// Cancelling the task takes the question back.
    ///
    /// Throws a Failure, also one that comes in the middle of the answer.
    package func chat(_ question: ChatQuestion, _ body: (ChatPiece) throws -> Void) async throws {
        let answer = try await post(stream: "/v1/chat/completions", try ContractCoding.encode(question))
        var pending: [UInt8] = []
        while let piece = try await answer.next() {
            pending += piece
            while let end = pending.firstIndex(of: 10) {
                let line = Data(pending[..<end])
                pending.removeSubrange(...end)
                guard let data = Self.data(line) else { continue }
                if data == Data("[DONE]".utf8) { return }
                try Self.pieces(data, body)
            }
        }
        throw Failure(
            code: "client.answer", "The answer broke off.", remedy: "See whether finetuned still runs: `ftctl status`.")
    }

    /// What an event says; nil for comments, for names of events, and for the lines between.
    private static func data(_ line: Data) -> Data? {
        let line = line.last == 13 ? line.dropLast() : line
        let prefix = Data("data:".utf8)
        guard line.starts(with: prefix) else { return nil }
        let value = line.dropFirst(prefix.count)
        return Data(value.first == 32 ? value.dropFirst() : value)
    }

    private static func pieces(_ data: Data, _ body: (ChatPiece) throws -> Void) throws {
        if let failure = (try? ContractCoding.decode(ErrorAnswer.self, from: data))?.failure { throw failure }
        let chunk = try ContractCoding.decode(ChatEvent.self, from: data)
        for choice in chunk.choices where choice.index == 0 {
            try body(ChatPiece(text: choice.delta.content ?? "", finish: choice.finish_reason, model: chunk.model))
        }
    }

    /// What is read of a piece of the stream.
    private struct ChatEvent: Decodable {
        var model: String
        var choices: [Choice]

        struct Choice: Decodable {
            var index: Int
            var delta: Delta
            var finish_reason: String?
        }

        struct Delta: Decodable { var content: String? }
    }
}

/// A conversation that a model is to go on with; `encode` writes OpenAI's names.
package struct ChatQuestion: Encodable, Sendable {
    package var model: String
    package var messages: [Message]
    package var temperature: Double
    package var seed: Int?
    package var maxTokens: Int?
    package init(model: String, messages: [Message], temperature: Double, seed: Int?, maxTokens: Int?) {
        self.model = model
        self.messages = messages
        self.temperature = temperature
        self.seed = seed
        self.maxTokens = maxTokens
    }

    private enum CodingKeys: String, CodingKey {
        case model, messages, temperature, seed, stream
        case maxTokens = "max_completion_tokens"
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(model, forKey: .model)
        try values.encode(messages.map { ["role": $0.role, "content": $0.content] }, forKey: .messages)
        try values.encode(temperature, forKey: .temperature)
        try values.encodeIfPresent(seed, forKey: .seed)
        try values.encodeIfPresent(maxTokens, forKey: .maxTokens)
        try values.encode(true, forKey: .stream)
    }
}
