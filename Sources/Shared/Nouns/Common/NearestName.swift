/// The name that somebody who mistyped one most likely meant.
package enum NearestName {
    /// The candidate that is the fewest edits away: at most two, or a third of its length; nil where none is so near.
    ///
    /// Edits are those of Levenshtein's distance, counted in bytes.
    package static func of(_ word: String, among candidates: some Sequence<String>) -> String? {
        let scored = candidates.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.min {
            ($0.1, $0.0) < ($1.1, $1.0)
        }
        guard let (best, edits) = scored, edits <= max(2, best.count / 3), edits < best.utf8.count else { return nil }
        return best
    }

    /// The same as a question; nil where no candidate is near.
    package static func question(_ word: String, among candidates: some Sequence<String>) -> String? {
        of(word, among: candidates).map { "Did you mean '\($0)'?" }
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let cost = min(diagonal + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.count]
    }
}
