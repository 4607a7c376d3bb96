import Testing

@testable import Tokenization

/// Canonical forms of texts that Foundation alone would leave out of order.
struct TextNormalizerTests {
    @Test(arguments: [
        ("\u{F73}", "\u{F71}\u{F72}"), ("\u{F75}", "\u{F71}\u{F74}"), ("\u{F81}", "\u{F71}\u{F80}"),
    ])
    func marksPassTheVowelSignsOfTibetan(sign: String, parts: String) {
        let text = "\u{100B}\u{108D}\u{364}" + sign + "\u{108B}"
        let ordered = Array(("\u{100B}" + parts + "\u{108D}\u{364}\u{108B}").utf8)
        #expect(TextNormalizer.normalize(text, [.nfc]) == ordered)
        #expect(TextNormalizer.normalize(text, [.nfd]) == ordered)
    }
}
