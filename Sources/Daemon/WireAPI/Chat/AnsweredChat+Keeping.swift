import ControlProtocol
import Feedback
import Foundation
import Ledger
import Nouns
import StageKit

extension AnsweredChat {
    /// What may be kept of it; nil where no pipeline answered.
    func stored(_ context: StageContext) throws -> StoredCompletion? {
        let version = try target.version.flatMap { try context.ledger.version($0) }
        let run = try target.run.flatMap { try context.ledger.run($0) }
        guard let pipeline = target.pipeline ?? version?.pipeline ?? run?.pipeline,
            let message = completion.choices.first?.message
        else { return nil }
        let calls = try message.tool_calls.map {
            try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode($0))
        }
        return StoredCompletion(
            id: completion.id, pipeline: pipeline, version: target.version, owner: who.owner, createdAt: Date(),
            completion: try ContractCoding.decode(JSONValue.self, from: ContractCoding.encode(completion)),
            messages: body.messages, tools: body.tools,
            answer: Message(role: "assistant", content: message.content ?? "", toolCalls: calls),
            metadata: body.metadata)
    }
}
