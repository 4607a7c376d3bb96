import Transformers

/// Splits the rows of one optimizer step into packed micro-batches that fit the memory budget; the split never changes
/// the result.
enum MicroBatches {
    /// Trees of at most `budget` tokens each (a longer row has one to itself), rows that begin alike side by side.
    static func make(_ rows: [TokenSequence], budget: Int, sharing: Bool) -> [TokenTree] {
        let labelled = rows.indices.filter { rows[$0].labels > 0 }
        let order = sharing ? labelled.sorted { TokenTree.precedes(rows[$0].ids, rows[$1].ids) } : labelled
        var trees: [TokenTree] = []
        var group: [TokenSequence] = []
        var tokens = 0
        for index in order {
            let row = rows[index]
            var new = row.ids.count
            if sharing, let last = group.last { new -= TokenTree.commonPrefix(last.ids, row.ids) }
            if !group.isEmpty, tokens + new > budget {
                trees.append(TokenTree(group, sharing: sharing, trimmed: true))
                group = []
                tokens = 0
                new = row.ids.count
            }
            group.append(row)
            tokens += new
        }
        if !group.isEmpty { trees.append(TokenTree(group, sharing: sharing, trimmed: true)) }
        return trees
    }
}
