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

    /// Whole pairs that are computed together.
    struct Pairs {
        /// Which pairs, in the order of the tree's sequences: the chosen answer of each and then its rejected one.
        var indices: [Int]
        var tree: TokenTree
    }

    /// The same for pairs, whose two answers always stay together: a prompt is computed once.
    static func make(_ pairs: [PreferencePair], budget: Int) -> [Pairs] {
        let order = pairs.indices.sorted { TokenTree.precedes(pairs[$0].chosen.ids, pairs[$1].chosen.ids) }
        var batches: [Pairs] = []
        var group: [Int] = []
        var tokens = 0
        func close() {
            let sequences = group.flatMap { [pairs[$0].chosen, pairs[$0].rejected] }
            batches.append(Pairs(indices: group, tree: TokenTree(sequences, trimmed: true)))
            group = []
        }
        for index in order {
            let (chosen, rejected) = (pairs[index].chosen.ids, pairs[index].rejected.ids)
            let own = chosen.count + rejected.count - TokenTree.commonPrefix(chosen, rejected)
            var new = own
            if let last = group.last { new -= TokenTree.commonPrefix(pairs[last].chosen.ids, chosen) }
            if !group.isEmpty, tokens + new > budget {
                close()
                (tokens, new) = (0, own)
            }
            group.append(index)
            tokens += new
        }
        if !group.isEmpty { close() }
        return batches
    }
}
