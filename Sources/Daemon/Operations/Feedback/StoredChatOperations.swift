import ControlProtocol
import Feedback
import Foundation
import Nouns
import StageKit

/// What people ask about the completions that are kept for them, by OpenAI's API.
package struct StoredChatOperations: Sendable {
    let feedback: FeedbackOperations
    private var store: CompletionStore { feedback.store }

    /// Throws a Failure (`request.after`) where the cursor is gone.
    package func list(_ query: StoredChatQuery, who: Principal) throws -> WirePage<StoredChat> {
        let limit = min(query.limit, StoredChatQuery.most)
        let found = try store.list(
            who: who, after: query.after, newestFirst: query.order == .desc, limit: limit + 1, model: query.model,
            metadata: query.metadata)
        guard let found else { throw Self.gone(query.after) }
        return WirePage(try found.map(Self.answer), limit: limit)
    }

    /// Throws a Failure: `completion.unknown`, `completion.deleted`, `completion.expired`.
    package func show(_ id: StoredChatID, who: Principal) throws -> StoredChat {
        try Self.answer(store.find(id.rawValue, who: who))
    }

    /// Throws what ``show(_:who:)`` throws, and `feedback.sensitive`.
    package func update(_ id: StoredChatID, _ body: StoredChatUpdate, who: Principal) throws -> StoredChat {
        try Self.answer(store.change(id.rawValue, who: who) { $0.metadata = body.metadata })
    }

    /// Throws what ``show(_:who:)`` throws, and why the row that was made of it cannot be withdrawn now.
    package func remove(_ id: StoredChatID, who: Principal) throws -> DeletedObject {
        try store.remove(id.rawValue, who: who) { try feedback.withdraw($0, who: who) }
        return DeletedObject(id.rawValue, object: "chat.completion.deleted")
    }

    /// Throws what ``show(_:who:)`` throws, and `request.after`.
    package func messages(_ id: StoredChatID, _ query: StoredMessageQuery, who: Principal) throws
        -> WirePage<StoredMessage>
    {
        var messages = try store.find(id.rawValue, who: who).messages.enumerated().map { index, message in
            StoredMessage(message, of: id.rawValue, at: index)
        }
        if query.order == .desc { messages.reverse() }
        if let after = query.after {
            guard let place = messages.firstIndex(where: { $0.id == after }) else { throw Self.gone(after) }
            messages.removeFirst(place + 1)
        }
        return WirePage(messages, limit: min(query.limit, StoredChatQuery.most))
    }

    private static func answer(_ stored: StoredCompletion) throws -> StoredChat {
        let completion = try ContractCoding.decode(
            ChatCompletion.self, from: ContractCoding.encode(stored.completion))
        return StoredChat(completion, metadata: stored.metadata)
    }

    private static func gone(_ cursor: String?) -> Failure {
        Failure(
            code: "request.after", "There is no '\(cursor ?? "")' in this list.", at: "after",
            remedy: "Begin the list anew.")
    }
}
