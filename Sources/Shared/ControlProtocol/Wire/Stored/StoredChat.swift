import Nouns

/// A completion that is kept, as it was sent, with its metadata.
package struct StoredChat: Codable, Hashable, Sendable, Identifiable {
    package var completion: ChatCompletion
    package var metadata: [String: String]

    package var id: String { completion.id }

    package init(_ completion: ChatCompletion, metadata: [String: String]) {
        (self.completion, self.metadata) = (completion, metadata)
    }

    private enum CodingKeys: String, CodingKey { case metadata }

    package init(from decoder: any Decoder) throws {
        completion = try ChatCompletion(from: decoder)
        metadata = try decoder.container(keyedBy: CodingKeys.self).decode([String: String].self, forKey: .metadata)
    }

    package func encode(to encoder: any Encoder) throws {
        try completion.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(metadata, forKey: .metadata)
    }
}

/// The identifier of a completion that is kept.
package typealias StoredChatID = Identifier<StoredChat>
