import Nouns

/// One message of the conversation that a kept completion answers.
package struct StoredMessage: Codable, Hashable, Sendable, Identifiable {
    /// The completion's identifier and the message's place.
    package var id: String
    package var role: String
    @OrNull package var content: String?
    @OrNull package var name: String?
    @OrNull package var refusal: String?
    package var tool_calls: JSONValue?
    package var tool_call_id: String?

    package init(_ message: Message, of completion: String, at index: Int) {
        id = "\(completion)-\(index)"
        role = message.role
        tool_calls = message.toolCalls
        tool_call_id = message.toolCallID
        content = message.content
        name = message.name
        refusal = nil
    }
}
