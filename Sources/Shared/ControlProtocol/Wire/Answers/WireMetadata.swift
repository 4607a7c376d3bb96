import Nouns

/// Reads a caller's own words about what is made: at most 16 keys of at most 64 characters, with texts of at most 512.
enum WireMetadata {
    private static let mostKeys = 16
    private static let longestKey = 64
    private static let longestText = 512

    static func read(_ body: WireObject) throws -> [String: String] {
        guard let given = try body.object("metadata") else { return [:] }
        guard given.members.count <= mostKeys else {
            throw WireFault.count(given.path, given.members.count, most: mostKeys)
        }
        var metadata: [String: String] = [:]
        for name in given.members.keys.sorted() {
            guard name.count <= longestKey else { throw WireFault.count(given.path, name.count, most: longestKey) }
            let text = try given.requiredText(name)
            guard text.count <= longestText else {
                throw WireFault.count(given.place(name), text.count, most: longestText)
            }
            metadata[name] = text
        }
        return metadata
    }
}
