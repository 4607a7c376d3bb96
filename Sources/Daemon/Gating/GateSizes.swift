import Foundation
import Settings
import Statistics

/// How many gate rows show a gain of which size, for pipelines that have too few yet.
package enum GateSizes {
    /// Gains of accuracy that are spoken of.
    private static let gains = [0.3, 0.2, 0.1, 0.05]
    /// Answers that differ between two models beside those that are gained, as a share of the rows.
    private static let otherChanges = 0.1

    /// Gate rows on which a gain of accuracy is shown four times in five, at 95 % confidence.
    package static func rows(gain: Double) -> Int {
        SampleSize.pairedProportions(difference: gain, discordance: min(1, gain + otherChanges))
            ?? SampleSize.maximum
    }

    /// What verdicts on `rows` gate rows can show, and after about how many more rows they show more; nil where even
    /// the smallest gain that is spoken of can be shown.
    package static func sentence(rows: Int, _ data: DataSettings) -> String? {
        guard let next = gains.first(where: { Self.rows(gain: $0) > rows }) else { return nil }
        let needed = Self.rows(gain: next)
        let shown = gains.last { Self.rows(gain: $0) <= rows }
        let now = shown.map { "show a gain of \(points($0)) of accuracy" } ?? "decide next to nothing"
        return """
            \(rows) gate \(rows == 1 ? "row" : "rows"), which \(now); a gain of \(points(next)) needs about \(needed), \
            after some \(more(from: rows, to: needed, data)) more rows
            """
    }

    /// Rows of all sides that come with so many more gate rows.
    private static func more(from rows: Int, to needed: Int, _ data: DataSettings) -> Int {
        let few = max(rows, min(needed, DataSettings.fewGateRows))
        let first = Double(few - rows) / data.gateShare(rows: 0)
        return Int((first + Double(needed - few) / data.gateShare(rows: DataSettings.fewGateRows)).rounded(.up))
    }

    private static func points(_ gain: Double) -> String { "\(Int((100 * gain).rounded())) points" }
}
