import Testing

@testable import Exporting

struct LossDifferenceTests {
    @Test func meansAndExtremes() throws {
        let difference = try #require(LossDifference([1, 2, 3], [1.5, 2, 2]))
        #expect(difference.mean == 0.5 && difference.largest == 1 && difference.tokens == 3)
        #expect(LossDifference([1], []) == nil)
        #expect(LossDifference([], [])?.mean == 0)
        #expect(try #require(LossDifference([1, .nan], [1, 1])).mean.isNaN)
    }
}
