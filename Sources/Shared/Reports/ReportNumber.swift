import Foundation

/// How reports write numbers.
enum ReportNumber {
    /// Up to four significant digits, or a dash.
    static func text(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
        return String(format: "%.4g", value)
    }

    /// With its sign.
    static func signed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        return (value >= 0 ? "+" : "−") + text(abs(value))
    }
}
