import Foundation

/// A picture of numbers.
package enum Plot: Sendable {
    /// Lines over a common x axis; points that are not finite are left out.
    case lines([Line], x: Axis, y: String)
    /// Differences with their bounds, one a row; each is judged against its threshold.
    case intervals([Interval])
    /// One line a thing across one axis a dimension.
    case coordinates([Dimension], [Course])

    package struct Line: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]
        package var dots: Bool
        /// Whether it has the colour of the winner, which no other line has.
        package var isWinner: Bool
        package init(
            _ name: String, _ points: [(x: Double, y: Double)], dots: Bool = false, isWinner: Bool = false
        ) {
            self.name = name
            self.points = points
            self.dots = dots
            self.isWinner = isWinner
        }
    }

    package struct Axis: Sendable, ExpressibleByStringLiteral {
        package var name: String
        /// Whether positions are powers of ten.
        package var isLogarithmic: Bool
        package init(_ name: String, isLogarithmic: Bool = false) {
            self.name = name
            self.isLogarithmic = isLogarithmic
        }
        package init(stringLiteral value: String) { self.init(value) }

        /// What is written at a position.
        package func label(_ value: Double) -> String {
            isLogarithmic ? Quantity.rate(pow(10, value)) : Quantity.number(value)
        }
    }

    package struct Interval: Sendable {
        package var name: String
        /// What is measured: intervals of one axis are drawn on one scale.
        package var axis: String
        package var value: Double
        package var lower: Double
        package var upper: Double
        package var threshold: Double
        package var mark: Mark
        package init(
            _ name: String, axis: String, value: Double, lower: Double, upper: Double, threshold: Double, mark: Mark
        ) {
            self.name = name
            self.axis = axis
            self.value = value
            self.lower = lower
            self.upper = upper
            self.threshold = threshold
            self.mark = mark
        }
    }

    package struct Dimension: Sendable {
        package var name: String
        /// What stands at its two ends.
        package var low: String
        package var high: String
        package init(_ name: String, low: String, high: String) {
            self.name = name
            self.low = low
            self.high = high
        }
    }

    /// One thing's way across the dimensions, the best first in a list of them.
    package struct Course: Sendable {
        package var name: String
        /// 0 ... 1 on each dimension; nil where it has no value there.
        package var places: [Double?]
        package var isWinner: Bool
        package init(_ name: String, places: [Double?], isWinner: Bool) {
            self.name = name
            self.places = places
            self.isWinner = isWinner
        }
    }
}
