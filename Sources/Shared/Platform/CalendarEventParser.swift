import Foundation

/// Reads the text of a ``CalendarEvent``: `[weekdays] [date] [time] [zone]`, or one of the shorthands.
struct CalendarEventParser {
    private static let shorthands = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "weekly": "Mon *-*-* 00:00:00",
        "monthly": "*-*-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00",
        "semi-annually": "*-01,07-01 00:00:00", "biannually": "*-01,07-01 00:00:00",
        "bi-annually": "*-01,07-01 00:00:00",
        "annually": "*-01-01 00:00:00", "yearly": "*-01-01 00:00:00", "anually": "*-01-01 00:00:00",
    ]
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    let text: String

    init(_ text: String) { self.text = text }

    func parse(into event: inout CalendarEvent) throws(CalendarEvent.Invalid) {
        var words = text.split(separator: " ").map(String.init)
        guard text.utf8.count <= 1000 else { throw invalid("it is longer than 1000 bytes") }
        guard !words.isEmpty else { throw invalid("it is empty") }
        if words.count > 1 || Self.shorthands[words[0].lowercased()] == nil, let zone = zone(words[words.count - 1]) {
            event.timeZone = zone
            words.removeLast()
            guard !words.isEmpty else { throw invalid("it names a time zone only") }
        }
        if words.count == 1, let long = Self.shorthands[words[0].lowercased()] {
            words = long.split(separator: " ").map(String.init)
        }
        if let first = words.first, first.first?.isLetter == true {
            event.weekdays = try weekdays(first)
            words.removeFirst()
        }
        var date = "*-*-*"
        var time = "00:00:00"
        let dated = words.first.map { !$0.contains(":") } ?? false
        if dated { date = words.removeFirst() }
        if !words.isEmpty { time = words.removeFirst() }
        guard words.isEmpty else { throw invalid("'\(words[0])' is neither a date, a time nor a time zone") }
        try readDate(date, &event)
        try readTime(time, &event)
    }

    private func zone(_ word: String) -> TimeZone? {
        if word.uppercased() == "UTC" { return TimeZone(identifier: "UTC") }
        guard word.first?.isLetter == true, weekday(word) == nil, !word.contains(".."), !word.contains(",") else {
            return nil
        }
        guard TimeZone.knownTimeZoneIdentifiers.contains(word) || word.contains("/") else { return nil }
        return TimeZone(identifier: word)
    }

    private func weekday(_ word: some StringProtocol) -> Int? {
        let low = word.lowercased()
        return Self.weekdays.firstIndex { $0 == low || $0.prefix(3) == low }.map { $0 + 1 }
    }

    private func weekdays(_ word: String) throws(CalendarEvent.Invalid) -> Set<Int> {
        var result: Set<Int> = []
        for part in word.split(separator: ",", omittingEmptySubsequences: true) {
            let ends = part.contains("..") ? part.components(separatedBy: "..") : part.components(separatedBy: "-")
            guard ends.count <= 2, let first = weekday(ends[0]), let last = weekday(ends[ends.count - 1]) else {
                throw invalid("'\(part)' is no day of the week (Mon, Tue, …, or Mon..Fri)")
            }
            // The week begins on Monday.
            func place(_ day: Int) -> Int { (day + 5) % 7 }
            guard place(first) <= place(last) else { throw invalid("the days '\(part)' run backwards") }
            for day in place(first)...place(last) { result.insert((day + 1) % 7 + 1) }
        }
        guard !result.isEmpty else { throw invalid("'\(word)' is no day of the week") }
        return result
    }

    private func readDate(_ word: String, _ event: inout CalendarEvent) throws(CalendarEvent.Invalid) {
        var rest = word
        if let tilde = rest.firstIndex(of: "~") {
            event.fromEnd = true
            rest.replaceSubrange(tilde...tilde, with: "-")
        }
        let fields = rest.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 3 || fields.count == 2, !rest.contains("~") else {
            throw invalid("'\(word)' is no date (year-month-day, such as *-*-01)")
        }
        if fields.count == 3 { event.years = try spans(fields[0], "year", 1970...2199, short: true) }
        event.months = try spans(fields[fields.count - 2], "month", 1...12)
        event.days = try spans(fields[fields.count - 1], "day", 1...(event.fromEnd ? 28 : 31), backwards: event.fromEnd)
    }

    private func readTime(_ word: String, _ event: inout CalendarEvent) throws(CalendarEvent.Invalid) {
        let fields = word.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3 else {
            throw invalid("'\(word)' is no time (hours:minutes or hours:minutes:seconds)")
        }
        event.hours = try spans(fields[0], "hour", 0...23)
        event.minutes = try spans(fields[1], "minute", 0...59)
        let seconds = fields.count == 3 ? fields[2] : "0"
        event.seconds =
            seconds == "*"
            ? [.init(start: 0, stop: nil, step: 1_000_000)] : try spans(seconds, "second", 0...59_999_999, micros: true)
    }

    /// Reads `*`, or a list of `a`, `a..b`, `a/n`, `a..b/n`.
    private func spans(
        _ field: some StringProtocol, _ name: String, _ bounds: ClosedRange<Int>, micros: Bool = false,
        short: Bool = false,
        backwards: Bool = false
    )
        throws(CalendarEvent.Invalid) -> [CalendarEvent.Span]
    {
        if field == "*" { return [] }
        var result: [CalendarEvent.Span] = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let head = halves.first, !head.isEmpty else {
                throw invalid("'\(part)' is no \(name)")
            }
            var span = CalendarEvent.Span(start: 0, stop: nil, step: nil)
            guard head != "*" else {
                throw invalid("'\(part)' has no first \(name); write \(bounds.lowerBound)/n for every n-th")
            }
            let ends = String(head).components(separatedBy: "..")
            guard ends.count <= 2 else { throw invalid("'\(part)' is no \(name)") }
            span.start = try number(ends[0], name, bounds, micros, short)
            if ends.count == 2 {
                let stop = try number(ends[1], name, bounds, micros, short)
                guard span.start <= stop else { throw invalid("the range '\(part)' of the \(name) runs backwards") }
                (span.stop, span.step) = (stop, micros ? 1_000_000 : 1)
            }
            if halves.count == 2 {
                let step = try number(
                    String(halves[1]), "\(name) step", 0...(bounds.upperBound - bounds.lowerBound), micros, false)
                guard step > 0 else { throw invalid("the step of '\(part)' is 0") }
                // Days from the end count down to 1.
                let second = backwards ? span.start - step : span.start + step
                guard span.stop != nil || bounds.contains(second) else {
                    throw invalid("the step of '\(part)' never comes to a second \(name)")
                }
                span.step = step
            }
            result.append(span)
        }
        return result
    }

    private func number(_ word: String, _ name: String, _ bounds: ClosedRange<Int>, _ micros: Bool, _ short: Bool)
        throws(CalendarEvent.Invalid) -> Int
    {
        let pieces = word.split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count == 1 || (micros && pieces.count == 2), let whole = digits(pieces[0], 5) else {
            throw invalid("'\(word)' is no \(name)")
        }
        var value = whole
        if micros {
            value *= 1_000_000
            if pieces.count == 2 {
                guard !pieces[1].isEmpty, let fraction = digits(pieces[1].prefix(7), 7) else {
                    throw invalid("'\(word)' is no \(name)")
                }
                // Rounded from the seventh digit, as systemd does.
                let digits = min(7, pieces[1].count)
                value += (fraction * [1, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1][digits] + 5) / 10
            }
        }
        // Years of two digits are those from 1970 to 2069.
        if short, word.count <= 2 { value += value < 70 ? 2000 : 1900 }
        guard bounds.contains(value) else {
            let scale = micros ? 1_000_000 : 1
            throw invalid(
                "the \(name) \(word) is not from \(bounds.lowerBound / scale) to \(bounds.upperBound / scale)")
        }
        return value
    }

    private func digits(_ word: some StringProtocol, _ most: Int) -> Int? {
        guard !word.isEmpty, word.utf8.count <= most, word.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        return Int(word)
    }

    private func invalid(_ reason: String) -> CalendarEvent.Invalid {
        CalendarEvent.Invalid(text: text, reason: reason)
    }
}
