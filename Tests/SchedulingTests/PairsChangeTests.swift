import Nouns
import Testing

@testable import Scheduling

/// A pipeline that trained on preferred answers as ordinary ones is told once that it does so no longer.
struct PairsChangeTests {
    private let older: Recipe = {
        var recipe = Recipe()
        recipe.preference = nil
        return recipe
    }()

    @Test func itIsToldByNameBeforeTheNextRunAndThenNeverAgain() throws {
        let change = try #require(PairsChange("tickets", Recipe(), last: older))
        #expect(change.message.contains("tickets") && change.message.contains("recipe.objective = \"completion\""))
        #expect(change.note.contains("pairs"))
        // That run's own recipe says what it did, so the one after it is told nothing.
        #expect(PairsChange("tickets", Recipe(), last: Recipe()) == nil)
    }

    @Test func nobodyElseIsTold() {
        #expect(PairsChange("tickets", Recipe(), last: nil) == nil, "a new pipeline")
        var asked = Recipe()
        asked.objective = .completion
        #expect(PairsChange("tickets", asked, last: older) == nil, "it goes on as before")
    }
}
