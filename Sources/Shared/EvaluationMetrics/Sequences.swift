/// Counting runs of elements and what two sequences share.
package enum Sequences {
    /// How often each run of `order` elements occurs.
    package static func ngrams<Element: Hashable>(_ elements: [Element], _ order: Int) -> [ArraySlice<Element>: Int] {
        guard order > 0, elements.count >= order else { return [:] }
        var counts: [ArraySlice<Element>: Int] = [:]
        counts.reserveCapacity(elements.count)
        for start in 0...(elements.count - order) { counts[elements[start..<start + order], default: 0] += 1 }
        return counts
    }

    /// The length of the longest common subsequence, in O(a·b) time and O(b) space.
    package static func longestCommon<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        var row = [Int](repeating: 0, count: b.count + 1)
        for x in a {
            var diagonal = 0
            for j in 1...b.count {
                let above = row[j]
                row[j] = x == b[j - 1] ? diagonal + 1 : max(above, row[j - 1])
                diagonal = above
            }
        }
        return row[b.count]
    }
}
