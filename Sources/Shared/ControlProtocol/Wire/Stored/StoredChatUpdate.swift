import Nouns

/// The metadata that a kept completion is to have.
package struct StoredChatUpdate: WireBody {
    package var metadata: [String: String]

    package init(_ body: WireObject) throws { metadata = try WireMetadata.read(body) }
}
