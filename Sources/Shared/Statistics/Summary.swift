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
}
