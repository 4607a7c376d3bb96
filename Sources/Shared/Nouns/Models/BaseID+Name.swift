extension Identifier where Noun == BaseCard {
    /// The name that a base gets where nobody gives one, from the name of a file, a folder or a repository; nil where
    /// nothing of it can stand in a name.
    package init?(suggestedBy name: String) {
        let stem = name.lowercased().drop { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let text = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
        guard !text.isEmpty else { return nil }
        self.init(String(text))
    }
}
