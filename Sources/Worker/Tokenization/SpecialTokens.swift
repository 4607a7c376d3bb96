/// Whether special (control) tokens that a text spells out become those tokens.
package enum SpecialTokens: Sendable, Equatable {
    /// Never: what looks like a control token is text, as data from elsewhere must be.
    case asText
    /// Everywhere.
    case parse
    /// Only where the whole token lies inside one of these ranges of UTF-8 offsets, which ascend and do not overlap.
    case parseInside([Range<Int>])

    /// Whether a special token may be taken from these offsets.
    func allows(_ start: Int, _ end: Int) -> Bool {
        switch self {
        case .asText: return false
        case .parse: return true
        case .parseInside(let ranges):
            var (low, high) = (0, ranges.count)
            while low < high {
                let middle = (low + high) / 2
                if ranges[middle].upperBound < end { low = middle + 1 } else { high = middle }
            }
            return low < ranges.count && ranges[low].lowerBound <= start && ranges[low].upperBound >= end
        }
    }
}
