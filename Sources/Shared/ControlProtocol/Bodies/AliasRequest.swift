/// Gives a version a name, or (without a version) takes the name away.
package struct AliasRequest: Codable, Hashable, Sendable {
    package var name: String
    package var version: String?
    package init(name: String, version: String? = nil) {
        self.name = name
        self.version = version
    }
}
