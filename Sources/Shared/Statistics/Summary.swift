/// Plain summaries of a list of numbers.
package enum Summary {
    /// The mean; NaN without values.
    package static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }

    /// The sample variance, divided by n − 1; NaN below two values.
    package static func variance(_ values: [Double]) -> Double {
        guard values.count > 1 else { return .nan }
        let centre = mean(values)
        return values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count - 1)
    }

    /// The sample standard deviation; NaN below two values.
    package static func deviation(_ values: [Double]) -> Double { variance(values).squareRoot() }

    /// The quantile at share `q`, linear between order statistics (type 7, numpy's default); NaN without values.
    package static func quantile(_ values: [Double], _ q: Double) -> Double {
        quantile(sorted: values.sorted(), q)
    }

    /// The same of values already in ascending order.
    package static func quantile(sorted values: [Double], _ q: Double) -> Double {
        guard let last = values.last, q >= 0, q <= 1 else { return .nan }
        let position = q * Double(values.count - 1)
        let index = Int(position)
        guard index + 1 < values.count else { return last }
        return values[index] + (position - Double(index)) * (values[index + 1] - values[index])
    }

    /// The middle value; NaN without values.
    package static func median(_ values: [Double]) -> Double { quantile(values, 0.5) }

    /// The rank of each value, from 1, ties sharing their mean rank.
    package static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for position in start...end { ranks[order[position]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
