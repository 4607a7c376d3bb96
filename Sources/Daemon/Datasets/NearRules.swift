import Nouns
import Settings

/// What becomes of rows that are nearly the same as others: evaluation wins over training, and the gate keeps all its
/// rows.
enum NearRules {
    /// The rows that `row`, at `line` of the drop `drop`, keeps out of training or because of which it is kept out
    /// itself.
    ///
    /// - Parameter place: drop and line of a row that matched; nil where it is gone.
    static func setAside(
        _ row: RowID, line: Int, side: Split, of drop: DropID, _ matches: [NearIndex.Match], _ data: DataSettings,
        place: (RowID) throws -> (drop: DropID, line: Int)?
    ) rethrows -> [SetAsideRow] {
        func kept(_ reason: SetAsideRow.Reason, _ other: NearIndex.Match) -> [SetAsideRow] {
            [SetAsideRow(id: row, reason: reason, drop: drop, line: line, other: other.row, score: other.similarity)]
        }
        if side == .gate {
            // The judge came later than what resembles it: that leaves training now.
            return try matches.filter { $0.split != .gate }.compactMap { match in
                try place(match.row).map {
                    SetAsideRow(
                        id: match.row, reason: .nearDuplicateOfGate, drop: $0.drop, line: $0.line, other: row,
                        score: match.similarity)
                }
            }
        }
        // Of equally similar rows the one with the least identifier is named, in whatever order they were found.
        func best(_ matches: [NearIndex.Match]) -> NearIndex.Match? {
            matches.max { ($0.similarity, $1.row) < ($1.similarity, $0.row) }
        }
        if let gate = best(matches.filter { $0.split == .gate }) { return kept(.nearDuplicateOfGate, gate) }
        if data.nearDuplicates == .remove, side == .train, let other = best(matches) {
            return kept(.nearDuplicate, other)
        }
        return []
    }
}
