import Foundation
import TestSupport
import Testing

@testable import Datasets

/// When every row of a dataset is looked at again.
struct WholeLookTests {
    private let then = Date(timeIntervalSince1970: 1_000_000)

    @Test func aSmallDatasetIsLookedAtAtEachChange() {
        let look = WholeLook(rows: 1_900, at: then)
        #expect(look.isDue(rows: 1_912, at: then) && look.isDue(rows: 2_000, at: then))
    }

    @Test func aLargeOneIsOnceItHasGrownByATwentieth() {
        let look = WholeLook(rows: 100_000, at: then)
        #expect(!look.isDue(rows: 100_012, at: then) && !look.isDue(rows: 104_999, at: then))
        #expect(look.isDue(rows: 105_000, at: then))
        #expect(look.isDue(rows: 90_000, at: then), "what was withdrawn counts as well")
    }

    @Test func aLargeOneIsADayAfterAChange() {
        let look = WholeLook(rows: 100_000, at: then)
        let day = then.addingTimeInterval(86_400)
        #expect(look.isDue(rows: 100_012, at: day) && !look.isDue(rows: 100_000, at: day))
        #expect(look.isDue(rows: 100_012, at: then.addingTimeInterval(-1)), "the clock was set back")
    }

    @Test func rowsThatComeOneByOneAreLookedAtAsOftenAsTheyDouble() {
        // Twelve rows a drop, ten thousand drops: each row is looked at some twenty times, and not ten thousand.
        var (last, looked) = (WholeLook(rows: 0, at: then), 0)
        for rows in stride(from: 12, through: 120_000, by: 12) where last.isDue(rows: rows, at: then) {
            looked += rows
            last = WholeLook(rows: rows, at: then)
        }
        #expect(looked < 25 * 120_000)
    }

    @Test func whatIsNotedIsReadAgain() throws {
        let ledger = try DatasetScene().context.ledger
        #expect(try WholeLook(ledger, "p", "look") == nil)
        try WholeLook(rows: 12, state: "abc", at: then).keep(ledger, "p", "look")
        let read = try #require(try WholeLook(ledger, "p", "look"))
        #expect(read.rows == 12 && read.state == "abc" && read.at == then)
        try ledger.setMark("p", "look", "a digest, as former versions noted it")
        #expect(try WholeLook(ledger, "p", "look") == nil)
    }
}
