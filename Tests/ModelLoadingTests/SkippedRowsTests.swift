import Nouns
import Testing

@testable import ModelLoading

struct SkippedRowsTests {
    struct Wrong: Error {}

    /// A set of a million rows that cannot be used does not make a million warnings.
    @Test func theFirstTenAreNamed() {
        var places: [String] = []
        let observer = WorkObserver(
            stage: { _ in }, progress: { _, _, _ in }, warn: { _, place in places.append(place) }, interruption: {})
        var skipped = SkippedRows(observer)
        for line in 1...25 {
            skipped.add(
                Row(id: "r", content: .text("x"), split: .train, promptKey: "k", drop: "d-1", line: line), of: "gate",
                Wrong())
        }
        #expect(skipped.count == 25 && places.count == 10)
        #expect(places.first == "gate row r, drop d-1, line 1")
    }
}
