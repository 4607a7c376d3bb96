/// One page of a list of OpenAI's. Its clients ask for the next with `after`, the identifier of the last.
package struct WirePage<Element: Codable & Hashable & Sendable & Identifiable>: Codable, Hashable, Sendable
where Element.ID == String {
    package var object = "list"
    package var data: [Element]
    package var has_more: Bool
    @OrNull package var first_id: String?
    @OrNull package var last_id: String?

    /// - Parameters:
    ///   - found: the page's elements and, where more follow, at least one of those.
    ///   - limit: how many a page has at most.
    package init(_ found: [Element], limit: Int) {
        data = Array(found.prefix(limit))
        has_more = found.count > limit
        first_id = data.first?.id
        last_id = data.last?.id
    }
}
