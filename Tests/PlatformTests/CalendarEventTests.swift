import Foundation
import TestSupport
import Testing

@testable import Platform

/// OnCalendar texts against what `systemd-analyze calendar` makes of them.
@Suite struct CalendarEventTests {
    struct Case: Decodable {
        let text: String
        let zone: String
        let base: Double
        /// nil where systemd refuses the text.
        let next: [Int]?
    }

    @Test func everyTextMeansWhatItMeansToSystemd() throws {
        let data = try Data(contentsOf: URL(filePath: TestSupport.fixture("calendar.json")))
        let cases = try JSONDecoder().decode([Case].self, from: data)
        #expect(cases.count > 400)
        for item in cases {
            let zone = try #require(TimeZone(identifier: item.zone))
            guard let wanted = item.next else {
                #expect(throws: CalendarEvent.Invalid.self, "'\(item.text)'") { try CalendarEvent(item.text) }
                continue
            }
            let event = try CalendarEvent(item.text)
            var date = Date(timeIntervalSince1970: item.base)
            var found: [Int] = []
            for _ in 0..<4 {
                guard let next = event.next(after: date, in: zone) else { break }
                found.append(Int(next.timeIntervalSince1970))
                date = next
            }
            #expect(found == wanted, "'\(item.text)' in \(item.zone) after \(item.base)")
        }
    }

    @Test func aRefusalSaysWhatIsWrong() {
        #expect(throws: CalendarEvent.Invalid(text: "*-13-1", reason: "the month 13 is not from 1 to 12")) {
            try CalendarEvent("*-13-1")
        }
        #expect(throws: CalendarEvent.Invalid(text: "Fri..Mon", reason: "the days 'Fri..Mon' run backwards")) {
            try CalendarEvent("Fri..Mon")
        }
        #expect(
            throws: CalendarEvent.Invalid(
                text: "noon", reason: "'noon' is no day of the week (Mon, Tue, …, or Mon..Fri)")
        ) { try CalendarEvent("noon") }
    }

    @Test func textsOfAnyKindAreReadOrRefused() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "*", "-", "~", ":", "/", "..", ",", "0", "7", "99999", "184467440737095516150", ".", " ", "Mon", "UTC", "é",
            "\u{0}", "daily",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }.joined()
            _ = (try? CalendarEvent(text))?.next(after: Date(timeIntervalSince1970: 1.8e9))
        }
    }
}
