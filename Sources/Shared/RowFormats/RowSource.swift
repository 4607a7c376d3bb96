import JSONText
import Nouns

/// What a row's values were written as, for those of which order and spelling count.
struct RowSource {
    /// The whole row as JSON; nil where it came from a table.
    private let bytes: [UInt8]?
    /// The user's names by ours.
    private let columns: [String: String]
    /// Values that were given as JSON inside a text.
    private let texts: [String: JSONTree]

    init(bytes: [UInt8]?, columns: [String: String] = [:], texts: [String: JSONTree] = [:]) {
        self.bytes = bytes
        self.columns = columns
        self.texts = texts
    }

    /// The value at a JSON pointer below the row, as it is written; what `value` says where that is not known.
    func tree(_ pointer: String, _ value: JSONValue) -> JSONTree {
        let path = pointer.split(separator: "/").map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        guard let first = path.first else { return JSONTree(value) }
        var tree = texts[first] ?? whole?[columns[first] ?? first]
        for step in path.dropFirst() {
            if case .array(let elements)? = tree {
                tree = Int(step).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            } else {
                tree = tree?[step]
            }
        }
        return tree ?? JSONTree(value)
    }

    private var whole: JSONTree? {
        guard let bytes else { return nil }
        return bytes.withUnsafeBufferPointer { try? JSONTree.parse($0) }
    }
}
