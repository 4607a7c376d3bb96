import Platform
import Testing

/// Text from elsewhere obeys nobody where it is shown.
struct ShownTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("tab\there", "tab\\u{9}here"), ("\u{1B}[31mred", "\\u{1b}[31mred"),
        ("\u{7F}\u{85}\u{9B}2J", "\\u{7f}\\u{85}\\u{9b}2J"), ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
        ("exe.\u{202E}gpj", "exe.\\u{202e}gpj"), ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
        ("\u{200F}\u{FEFF}\u{E0041}", "\\u{200f}\\u{feff}\\u{e0041}"), ("a\r\nb", "a\\u{d}\\u{a}b"),
        // Joiners change how letters look, and nothing else.
        ("👩‍🚀 می‌خواهم", "👩‍🚀 می‌خواهم"), ("ß漢字é", "ß漢字é"), ("", ""),
    ])
    func aLineIsOneLine(_ text: String, _ shown: String) { #expect(ShownText.line(text) == shown) }

    @Test func aMessageShowsLineFeedsAsSigns() {
        #expect(ShownText.message("a\nb\r\nc\u{1B}") == "a ⏎ b ⏎ c\\u{1b}")
    }

    @Test func linesKeepLineFeedsAndTabs() {
        #expect(ShownText.lines("a\n\tb\u{1B}\n") == "a\n\tb\\u{1b}\n")
    }
}
