/// A list of OpenAI's that has no pages.
package struct WireList<Element: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package var object = "list"
    package var data: [Element]

    package init(_ data: [Element]) { self.data = data }
}
