import ArgumentParser
import Foundation

/// A time on the command line: a moment such as `2026-11-24T12:00:00Z`, or the beginning of a day such as `2026-11-24`,
/// here.
struct Moment: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        if let date = try? Date(argument, strategy: .iso8601) {
            self.date = date
            return
        }
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        let wanted = DateComponents(calendar: .current, year: year, month: month, day: day)
        guard wanted.isValidDate, let date = wanted.date else { return nil }
        self.date = date
    }
}
