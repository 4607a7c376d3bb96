import Encoding
import Nouns
import Transformers

/// Encodes whole sets of rows, telling of what had to be left out.
package struct SetEncoder {
    private let encoder: RowEncoder
    private let observer: WorkObserver
    /// Rows that were taken, left out and cut, by set.
    package private(set) var figures: [String: Double] = [:]

    package init(_ encoder: RowEncoder, observer: WorkObserver) {
        self.encoder = encoder
        self.observer = observer
    }

    /// The rows of `files` as sequences, read one by one. Those that cannot be trained on are left out with a warning
    /// each (the first ten by name).
    /// - Parameter cut: whether rows that are too long are cut, or left out.
    package mutating func encode(_ files: [FileReference], maximumLength: Int, cut: Bool, what: String) throws
        -> [TokenSequence]
    {
        var sequences: [TokenSequence] = []
        var skipped = SkippedRows(observer)
        var truncated = 0
        var rows = 0
        try RowReader.each(files, interruption: observer.interruption) { row in
            do {
                let examples = try encoder.examples(row.content, maximumLength: maximumLength)
                if let long = examples.last(where: { $0.truncated > 0 }) {
                    guard cut else {
                        throw EncodingFailure.rowTooLong(
                            tokens: long.ids.count + long.truncated, maximumLength: maximumLength)
                    }
                    truncated += 1
                }
                rows += 1
                sequences += examples.map(\.sequence)
            } catch {
                skipped.add(row, of: what, error)
            }
        }
        figures["\(what)_rows"] = Double(rows)
        figures["\(what)_rows_skipped"] = Double(skipped.count)
        figures["\(what)_rows_truncated"] = Double(truncated)
        if what == "training", sequences.isEmpty {
            throw Failure(
                code: "rows.none", "None of the \(skipped.count) training rows can be trained on.",
                remedy: "See the warnings before this, correct the rows and drop them again.")
        }
        return sequences
    }
}
