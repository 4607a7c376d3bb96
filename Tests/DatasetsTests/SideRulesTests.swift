import Datasets
import Ledger
import Nouns
import Testing

/// A side, once decided, is for ever.
struct SideRulesTests {
    @Test func aPromptKeepsItsSideWhateverTheSharesBecome() {
        var first = SideRules(validation: 0.1, gate: 0.1)
        let keys = (0..<2000).map { "prompt \($0)" }
        let sides = keys.map { first.side(prompt: $0, group: nil) }
        for split in Split.allCases { #expect(sides.contains(.side(split))) }
        var later = SideRules(validation: 0.3, gate: 0.4, known: [first.takeDecided()])
        #expect(keys.map { later.side(prompt: $0, group: nil) } == sides)
        #expect(later.takeDecided() == Sides())
        // The new shares count for prompts not seen before.
        let fresh = (0..<2000).filter { later.side(prompt: "new \($0)", group: nil) == .side(.gate) }.count
        #expect(abs(fresh - 800) < 120, "\(fresh)")
    }

    @Test func sharesAreKeptToByTheHash() {
        var rules = SideRules(validation: 0.1, gate: 0.2)
        let sides = (0..<10_000).map { rules.side(prompt: "p\($0)", group: nil) }
        #expect(abs(sides.count { $0 == .side(.gate) } - 2000) < 160)
        #expect(abs(sides.count { $0 == .side(.validation) } - 1000) < 120)
    }

    @Test func aGroupStaysTogetherAndSoDoesAPrompt() {
        var rules = SideRules(validation: 0.2, gate: 0.3)
        for group in 0..<200 {
            let sides = Set((0..<5).map { rules.side(prompt: "g\(group) p\($0)", group: "\(group)") })
            #expect(sides.count == 1)
        }
        // The same prompt in a new group draws the whole group to its side.
        let side = rules.side(prompt: "g7 p0", group: nil)
        #expect(rules.side(prompt: "g7 p0", group: "another") == side)
        #expect(rules.side(prompt: "something else", group: "another") == side)
    }

    @Test func aRowBetweenTwoSidesIsOnNeither() {
        var rules = SideRules(
            validation: 0, gate: 0.5, known: [Sides(prompts: ["a": .train]), Sides(groups: ["s": .gate])])
        #expect(rules.side(prompt: "a", group: "s") == .conflict(prompt: .train, group: .gate))
        #expect(rules.side(prompt: "a", group: nil) == .side(.train))
        #expect(rules.side(prompt: "b", group: "s") == .side(.gate))
    }
}
