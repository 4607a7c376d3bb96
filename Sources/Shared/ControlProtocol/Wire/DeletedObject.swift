/// What is left of something that was deleted.
package struct DeletedObject: Codable, Hashable, Sendable {
    package var id: String
    package var object: String
    package var deleted = true
    package init(_ id: String, object: String) {
        self.id = id
        self.object = object
    }
}
