/// Changes notes (empty removes them) and tags (null removes one) of a version.
package struct AnnotateRequest: Codable, Hashable, Sendable {
    package var notes: String?
    package var tags: [String: String?]
    package init(notes: String? = nil, tags: [String: String?] = [:]) {
        self.notes = notes
        self.tags = tags
    }
}
