/// A model as OpenAI's clients see it.
package struct WireModel: Codable, Hashable, Sendable {
    package var id: String
    package var object = "model"
    /// Seconds since 1970.
    package var created: Int
    package var ownedBy: String

    package init(id: String, created: Int, ownedBy: String) {
        (self.id, self.created, self.ownedBy) = (id, created, ownedBy)
    }

    enum CodingKeys: String, CodingKey {
        case id, object, created
        case ownedBy = "owned_by"
    }
}
