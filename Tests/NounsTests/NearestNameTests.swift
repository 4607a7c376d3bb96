import Nouns
import Testing

struct NearestNameTests {
    @Test(arguments: [
        ("tikets", ["tickets", "orders"], "tickets"), ("stauts", ["status", "runs"], "status"),
        ("gates.primry", ["gates.primary", "gates.rule"], "gates.primary"), ("xyz", ["tickets"], nil), ("a", [], nil),
        // Two edits make anything of two letters.
        ("zz", ["gc"], nil),
    ])
    func isTheOneWithTheFewestEdits(word: String, candidates: [String], nearest: String?) {
        #expect(NearestName.of(word, among: candidates) == nearest)
    }
}
