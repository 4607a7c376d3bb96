import Foundation

/// How quantities are written, everywhere: numbers, shares, sizes, times. What is not there is a dash.
package enum Quantity {
    /// What stands for a value that is not there.
    package static let none = "–"

    /// The time zone of dates; the machine's own.
    @TaskLocal package static var zone = TimeZone.current

    /// Up to four significant digits; whole numbers in full.
    package static func number(_ value: Double?) -> String {
        guard let value, value.isFinite else { return none }
        if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
        return String(format: "%.4g", value)
    }

    /// A number with its sign.
    package static func signed(_ value: Double?) -> String {
        guard let value, value.isFinite else { return none }
        return (value >= 0 ? "+" : "−") + number(abs(value))
    }

    /// A rate of learning: three significant digits, such as `0.0005` and `1.23e-05`.
    package static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return none }
        return String(format: "%.3g", value)
    }

    /// A share of one, in hundredths.
    package static func share(_ share: Double?) -> String {
        guard let share, share.isFinite else { return none }
        return share > 0 && share < 0.01 ? "<1 %" : String(format: "%.0f %%", share * 100)
    }

    /// Seconds as seconds, minutes or hours.
    package static func duration(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return none }
        if seconds < 90 { return String(format: "%.0f s", seconds) }
        if seconds < 5400 { return String(format: "%.0f min", seconds / 60) }
        return String(format: "%.1f h", seconds / 3600)
    }

    /// Bytes in units of 1,024.
    package static func bytes(_ count: Int) -> String {
        if count < 10 << 10 { return "\(count) B" }
        if count < 10 << 20 { return "\(count >> 10) KiB" }
        if count < 10 << 30 { return "\(count >> 20) MiB" }
        return "\(count >> 30) GiB"
    }

    /// A count with its noun: `1 run`, `2 runs`; where the plural has no plain s, it is given.
    package static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    /// A probability of chance: what is next to nothing is said so.
    package static func chance(_ value: Double?) -> String {
        guard let value, value.isFinite else { return none }
        return value < 0.0001 ? "<0.0001" : String(format: "%.2g", value)
    }

    /// A moment in the machine's time zone, with the zone: `2026-11-24 08:30:00+01:00`, with Z for the time of
    /// Greenwich.
    package static func time(_ date: Date?) -> String {
        guard let date else { return none }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = zone
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ssXXX"
        return formatter.string(from: date)
    }

    /// Counts by name, such as `3 contradiction, 1 near_duplicate`.
    package static func counts(_ counts: [String: Int], none: String = "none") -> String {
        counts.isEmpty
            ? none : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    /// Texts with commas between them.
    package static func list(_ texts: [String]) -> String { texts.isEmpty ? none : texts.joined(separator: ", ") }
}
