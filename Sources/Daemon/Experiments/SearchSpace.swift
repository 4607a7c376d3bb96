import Foundation
import Nouns
import Statistics

/// The values that an experiment may try; sampling and enumerating them without any state.
package struct SearchSpace: Sendable {
    package let dimensions: [SearchDimension]

    package init(_ dimensions: [SearchDimension]) { self.dimensions = dimensions.sorted { $0.name < $1.name } }

    /// Random values of trial `number`: a pure function of the seed, so that a restart proposes the same.
    package func random(seed: UInt64, number: Int) -> [String: JSONValue] {
        let random = CounterRandom(seed: seed, stream: UInt64(clamping: number))
        var values: [String: JSONValue] = [:]
        for (index, dimension) in dimensions.enumerated() {
            values[dimension.name] = dimension.value(at: random.unit(UInt64(index)))
        }
        return values
    }

    /// Every combination, in order, ranges taken at `points` values; at most `limit` of them.
    package func grid(points: Int, limit: Int) -> [[String: JSONValue]] {
        var result: [[String: JSONValue]] = [[:]]
        for dimension in dimensions {
            let values = dimension.grid(points)
            var next: [[String: JSONValue]] = []
            for entry in result {
                for value in values where next.count < max(1, limit) {
                    var entry = entry
                    entry[dimension.name] = value
                    next.append(entry)
                }
            }
            result = next
        }
        return dimensions.isEmpty ? [] : result
    }
}

extension SearchDimension {
    /// The value at `unit` in 0 ... 1 of the dimension.
    func value(at unit: Double) -> JSONValue {
        switch kind {
        case .choice(let values):
            return values.isEmpty ? .null : values[min(values.count - 1, Int(unit * Double(values.count)))]
        case .uniform(let low, let high): return .number(low + unit * (high - low))
        case .logUniform(let low, let high): return .number(exp(log(low) + unit * (log(high) - log(low))))
        case .int(let low, let high):
            let span = Double(high) - Double(low) + 1
            return .integer(Int64(min(Double(high), (Double(low) + unit * span).rounded(.down))))
        }
    }

    /// Where a value lies in 0 ... 1; nil where it is none of the dimension's.
    func unit(of value: JSONValue) -> Double? {
        switch kind {
        case .choice(let values): return values.firstIndex(of: value).map { (Double($0) + 0.5) / Double(values.count) }
        case .uniform(let low, let high):
            guard let number = value.doubleValue, high > low else { return nil }
            return min(1, max(0, (number - low) / (high - low)))
        case .logUniform(let low, let high):
            guard let number = value.doubleValue, number > 0, high > low else { return nil }
            return min(1, max(0, (log(number) - log(low)) / (log(high) - log(low))))
        case .int(let low, let high):
            guard let number = value.doubleValue else { return nil }
            return min(1, max(0, (number - Double(low) + 0.5) / (Double(high) - Double(low) + 1)))
        }
    }

    /// Distinct values, evenly spaced on the dimension's own scale.
    func grid(_ points: Int) -> [JSONValue] {
        if case .choice(let values) = kind { return values }
        let count = max(1, points)
        var values: [JSONValue] = []
        for index in 0..<count {
            let unit: Double
            if case .int = kind {
                unit = (Double(index) + 0.5) / Double(count)
            } else {
                unit = count == 1 ? 0.5 : Double(index) / Double(count - 1)
            }
            let value = value(at: unit)
            if !values.contains(value) { values.append(value) }
        }
        return values
    }
}
