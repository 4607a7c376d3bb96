import Encoding
import Nouns
import Transformers

/// Encodes whole sets of rows, telling of what had to be left out.
package struct SetEncoder {
    private let encoder: RowEncoder
    private let observer: WorkObserver
    /// Rows that were taken, left out and cut, by set.
    package private(set) var figures: [String: Double] = [:]
    /// Whether a row was longer than it may be.
    package private(set) var hasLongRows = false

    package init(_ encoder: RowEncoder, observer: WorkObserver) {
        self.encoder = encoder
        self.observer = observer
    }

    /// The rows of `files` as training takes them, read one by one. Those that cannot be trained on are left out with a
    /// warning each (the first ten by name).
    /// - Parameters:
    ///   - cut: whether rows that are too long are cut, or left out.
    ///   - pairs: whether a row of two answers is a pair, or its preferred answer an ordinary one.
    package mutating func encode(
        _ files: [FileReference], maximumLength: Int, cut: Bool, pairs: Bool, what: String
    ) throws -> [TrainingExample] {
        var taken: [TrainingExample] = []
        var skipped = SkippedRows(observer)
        var truncated = 0
        var rows = 0
        var paired = 0
        try RowReader.each(files, interruption: observer.interruption) { row in
            do {
                let examples = try encoder.examples(row, maximumLength: maximumLength)
                let rejected = pairs ? try encoder.rejected(row, maximumLength: maximumLength) : nil
                let long = (examples + [rejected].compactMap { $0 }).last { $0.truncated > 0 }
                if long != nil { hasLongRows = true }
                if let long, !cut {
                    throw EncodingFailure.rowTooLong(
                        tokens: long.ids.count + long.truncated, maximumLength: maximumLength)
                }
                if let rejected, let chosen = examples.last {
                    if rejected.ids == chosen.ids {
                        throw EncodingFailure.equalAnswers(maximumLength: maximumLength)
                    }
                    taken.append(.pair(PreferencePair(chosen: chosen.sequence, rejected: rejected.sequence)))
                    paired += 1
                } else {
                    taken += examples.map { .answer($0.sequence) }
                }
                rows += 1
                if long != nil { truncated += 1 }
            } catch {
                if case EncodingFailure.tooLong? = error as? EncodingFailure { hasLongRows = true }
                skipped.add(row, of: what, error)
            }
        }
        figures["\(what)_rows"] = Double(rows)
        figures["\(what)_rows_skipped"] = Double(skipped.count)
        figures["\(what)_rows_truncated"] = Double(truncated)
        if paired > 0 { figures["\(what)_pairs"] = Double(paired) }
        if what == "training", taken.isEmpty {
            throw Failure(
                code: "rows.none", "None of the \(skipped.count) training rows can be trained on.",
                remedy: hasLongRows
                    ? """
                    Rows are longer than \(maximumLength) tokens: raise recipe.max_length as far as the base's context \
                    goes, or set data.truncate = true.
                    """ : "See the warnings before this, correct the rows and drop them again.")
        }
        return taken
    }
}
