import Foundation

/// A pipeline that jobs made, and whose it is.
package struct MadePipeline: Hashable, Sendable {
    package var pipeline: PipelineName
    /// The user whose job was the first.
    package var owner: String
    /// The text that its name was made of.
    package var text: String
    package var createdAt: Date

    package init(_ pipeline: PipelineName, owner: String, text: String, createdAt: Date) {
        (self.pipeline, self.owner, self.text, self.createdAt) = (pipeline, owner, text, createdAt)
    }

    /// The pipeline's name that a text becomes: in lower case, every character but `a`–`z` and `0`–`9` a `-`, without
    /// those at its ends, cut to 63. Nil where nothing is left.
    package static func name(of text: String) -> PipelineName? {
        let mapped = text.lowercased().unicodeScalars.map { scalar in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let name = String(mapped.drop { $0 == "-" }.prefix(63))
        let trimmed = String(name.reversed().drop { $0 == "-" }.reversed())
        return trimmed.isEmpty ? nil : PipelineName(trimmed)
    }
}
