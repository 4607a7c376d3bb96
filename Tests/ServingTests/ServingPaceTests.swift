import Testing

@testable import Serving

struct ServingPaceTests {
    private let start = ContinuousClock.now

    @Test func aPlaceIsPromisedByHowQuicklyOthersWereDone() {
        var pace = ServingPace()
        #expect(pace.seconds(until: 1) == 1)
        for index in 0..<100 { pace.ended(at: start + .milliseconds(1500 * index), othersWait: true) }
        #expect(pace.seconds(until: 1) == 2)
        #expect(pace.seconds(until: 4) == 6)
        #expect(pace.seconds(until: 1000) == 120)
    }

    @Test func timesWithoutACrowdDoNotCount() {
        var pace = ServingPace()
        pace.ended(at: start, othersWait: true)
        pace.ended(at: start + .seconds(3600), othersWait: false)
        pace.ended(at: start + .seconds(7200), othersWait: true)
        pace.ended(at: start + .seconds(7203), othersWait: true)
        #expect(pace.seconds(until: 1) == 3)
    }
}
