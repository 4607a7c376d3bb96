import Platform

/// Measures and breaks text as a terminal shows it.
enum TextWidth {
    /// How many columns a text takes.
    static func columns(_ text: String) -> Int { text.reduce(0) { $0 + columns($1) } }

    /// Two for the wide characters of East Asia and for pictures, none for what only changes the one before.
    private static func columns(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        // What is shown as a picture is wide (Unicode: every such sign is), also by a selector behind it.
        if scalar.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// A text with spaces behind it (or before it), as wide as a column.
    static func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns(text)))
        return left ? space + text : text + space
    }

    /// One line: what a terminal obeys is escaped, and a line feed is shown as a sign.
    static func line(_ text: String) -> String { ShownText.message(text) }

    /// Lines of at most `width` columns, broken between words; nil does not break. A word that is too long stays whole.
    static func wrapped(_ text: String, width: Int?) -> [String] {
        guard let width, columns(text) > width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            if line.isEmpty {
                line = word
            } else if columns(line) + 1 + columns(word) <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = word
            }
        }
        lines.append(line)
        return lines
    }

    /// The same for a text that may have line feeds of its own.
    static func paragraph(_ text: String, width: Int?) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
            wrapped(line(String($0)), width: width)
        }
    }
}
