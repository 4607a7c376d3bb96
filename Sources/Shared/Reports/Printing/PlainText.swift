/// Text for terminals that show nothing but ASCII, as the locales C and POSIX say of theirs.
package enum PlainText {
    /// The text in ASCII: our own signs have stand-ins, anything else is written as its number.
    package static func of(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            case "✓": result += "+"
            case "✗", "×": result += "x"
            case "·", "●", "★": result += "*"
            case "→", "▶", "▸": result += ">"
            case "−", "–", "—": result += "-"
            case "…": result += "..."
            case "⏎": result += "\\n"
            case "█": result += "#"
            case "░": result += "."
            case "┤", "│": result += "|"
            case "≥": result += ">="
            case "≤": result += "<="
            case "\u{2800}": result += " "
            case "\u{2801}"..."\u{28FF}": result += "*"
            default: result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}
