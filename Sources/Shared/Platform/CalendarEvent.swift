import Foundation

/// A recurring time in systemd's OnCalendar syntax, such as `daily`, `Mon..Fri *-*-* 02:30` or `*-*~01 22:00
/// Europe/Berlin`.
///
/// Source: systemd.time(7), "Calendar events"; the arithmetic is that of systemd's calendarspec.c.
package struct CalendarEvent: Hashable, Sendable {
    /// Why a text is no calendar event.
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let text: String
        package let reason: String
        package var description: String { "'\(text)' is no calendar event: \(reason)" }
    }

    /// One part of a comma-separated list: `start`, `start..stop`, either with `/step`.
    struct Span: Hashable, Sendable {
        var start: Int
        var stop: Int?
        var step: Int?
    }

    /// An empty list stands for `*`.
    var years: [Span] = []
    var months: [Span] = []
    var days: [Span] = []
    /// Days are counted back from the end of the month, 1 being its last.
    var fromEnd = false
    var hours: [Span] = []
    var minutes: [Span] = []
    /// In microseconds.
    var seconds: [Span] = []
    /// Days of the week, Sunday being 1; nil for every day.
    var weekdays: Set<Int>?
    /// The zone that the text names; nil for the machine's.
    package var timeZone: TimeZone?
    /// What was parsed.
    package let text: String

    /// Parses systemd's syntax. Throws ``Invalid`` with what is wrong.
    package init(_ text: String) throws(Invalid) {
        self.text = text
        try CalendarEventParser(text).parse(into: &self)
    }

    /// The first moment strictly after `date`, or nil where none is left before the year 2200.
    ///
    /// - Parameter zone: the machine's time zone, which counts where the text names none.
    package func next(after date: Date, in zone: TimeZone = .current) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone ?? zone
        // Whole microseconds keep `strictly after` exact.
        let micros = (date.timeIntervalSince1970 * 1e6).rounded(.down) + 1
        guard micros.isFinite, abs(micros) < 7e15 else { return nil }
        let whole = Int(micros)
        let second = whole >= 0 ? whole / 1_000_000 : (whole - 999_999) / 1_000_000
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(second)))
        var moment = Moment(
            year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1, hour: parts.hour ?? 0,
            minute: parts.minute ?? 0,
            micros: (parts.second ?? 0) * 1_000_000 + (whole - second * 1_000_000))
        // Each turn goes on by at least a minute of the fields that the text fixes; dates that never come end at the
        // year 2200.
        for _ in 0..<200_000 {
            guard let found = step(&moment, calendar) else { continue }
            switch found {
            case .never: return nil
            case .at(let date): return date
            }
        }
        return nil
    }

    private enum Outcome {
        case never
        case at(Date)
    }

    private struct Moment {
        var year: Int, month: Int, day: Int, hour: Int, minute: Int, micros: Int
        mutating func clearTime() { (hour, minute, micros) = (0, 0, 0) }
    }

    /// One turn of the search: nil where a field was moved on and the search begins again from there.
    private func step(_ moment: inout Moment, _ calendar: Calendar) -> Outcome? {
        normalise(&moment, calendar)
        guard moment.year < 2200, let year = Self.match(years, moment.year), year < 2200 else { return .never }
        if year != moment.year { moment = Moment(year: year, month: 1, day: 1, hour: 0, minute: 0, micros: 0) }
        guard let month = Self.match(months, moment.month), month <= 12 else {
            moment = Moment(year: moment.year + 1, month: 1, day: 1, hour: 0, minute: 0, micros: 0)
            return nil
        }
        if month != moment.month {
            moment = Moment(year: moment.year, month: month, day: 1, hour: 0, minute: 0, micros: 0)
        }
        let length = Self.days(moment.year, moment.month)
        guard let day = Self.match(fromEnd ? Self.reversed(days, length) : days, moment.day), day <= length else {
            moment = Moment(year: moment.year, month: moment.month + 1, day: 1, hour: 0, minute: 0, micros: 0)
            return nil
        }
        if day != moment.day {
            moment.day = day
            moment.clearTime()
        }
        if let weekdays, !weekdays.contains(Self.weekday(moment.year, moment.month, moment.day)) {
            moment.day += 1
            moment.clearTime()
            return nil
        }
        guard let hour = Self.match(hours, moment.hour), hour <= 23 else {
            moment.day += 1
            moment.clearTime()
            return nil
        }
        if hour != moment.hour { (moment.hour, moment.minute, moment.micros) = (hour, 0, 0) }
        guard let minute = Self.match(minutes, moment.minute), minute <= 59 else {
            (moment.hour, moment.minute, moment.micros) = (moment.hour + 1, 0, 0)
            return nil
        }
        if minute != moment.minute { (moment.minute, moment.micros) = (minute, 0) }
        guard let micros = Self.match(seconds, moment.micros), micros < 60_000_000 else {
            (moment.minute, moment.micros) = (moment.minute + 1, 0)
            return nil
        }
        moment.micros = micros
        let parts = DateComponents(
            year: moment.year, month: moment.month, day: moment.day, hour: moment.hour, minute: moment.minute,
            second: moment.micros / 1_000_000)
        guard let date = calendar.date(from: parts) else { return .never }
        let real = calendar.dateComponents([.day, .hour, .minute], from: date)
        guard real.hour == moment.hour, real.minute == moment.minute, real.day == moment.day else {
            // The clock jumps over this time on that day.
            (moment.hour, moment.minute, moment.micros) = (moment.hour + 1, 0, 0)
            return nil
        }
        return .at(date.addingTimeInterval(Double(moment.micros % 1_000_000) / 1e6))
    }

    /// Carries hours, days and months that ran over into the next larger field.
    private func normalise(_ moment: inout Moment, _ calendar: Calendar) {
        if moment.minute > 59 { (moment.hour, moment.minute) = (moment.hour + 1, 0) }
        if moment.hour > 23 { (moment.day, moment.hour) = (moment.day + 1, 0) }
        if moment.month <= 12, moment.day > Self.days(moment.year, moment.month) {
            (moment.month, moment.day) = (moment.month + 1, 1)
        }
        if moment.month > 12 { (moment.year, moment.month, moment.day) = (moment.year + 1, 1, 1) }
    }

    /// The least value at or above `value` that one of the spans names.
    static func match(_ spans: [Span], _ value: Int) -> Int? {
        guard !spans.isEmpty else { return value }
        var best: Int?
        for span in spans {
            var found: Int?
            if span.start >= value {
                found = span.start
            } else if let step = span.step {
                let next = span.start + (value - span.start + step - 1) / step * step
                if span.stop.map({ next <= $0 }) ?? true { found = next }
            }
            if let found { best = min(best ?? found, found) }
        }
        return best
    }

    /// Days counted from the end of a month of `length` days as days of that month; those before its first are left
    /// out.
    private static func reversed(_ spans: [Span], _ length: Int) -> [Span] {
        let turned = spans.compactMap { span -> Span? in
            let first = length + 1 - span.start
            guard let stop = span.stop else { return first >= 1 ? Span(start: first, stop: nil, step: span.step) : nil }
            let last = length + 1 - stop
            let (low, high) = (min(first, last), max(first, last))
            return high >= 1 ? Span(start: low, stop: high, step: span.step) : nil
        }
        // No day at all must not read as every day.
        return turned.isEmpty ? [Span(start: 99, stop: nil, step: nil)] : turned
    }

    private static func days(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Sakamoto's method; Sunday is 1.
    private static func weekday(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]
        let y = month < 3 ? year - 1 : year
        return (y + y / 4 - y / 100 + y / 400 + shift + day) % 7 + 1
    }
}
