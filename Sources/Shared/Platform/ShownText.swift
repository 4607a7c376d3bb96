/// Text from elsewhere (names, reasons, licences, what a model says) as people are shown it: in a terminal, in a
/// journal's message, in a status line. It is the one place that decides what of it is escaped.
package enum ShownText {
    /// One line: what a terminal obeys, what turns the direction of writing and what ends a line is escaped, such as
    /// `\u{1b}`.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isObeyed) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if isObeyed(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    /// One line for reading: line feeds are shown as signs.
    package static func message(_ text: String) -> String {
        line(text.replacing("\r\n", with: " ⏎ ").replacing("\n", with: " ⏎ "))
    }

    /// A text as it comes: line feeds and tabs stay.
    package static func lines(_ text: String) -> String {
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map { part in
            part.split(separator: "\t", omittingEmptySubsequences: false).map { line(String($0)) }
                .joined(separator: "\t")
        }
        return parts.joined(separator: "\n")
    }

    /// Controls, lines' ends, and formats, among which are the signs that turn the direction of writing. The two
    /// joiners only change how their neighbours look, and several scripts need them.
    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .format: return scalar.value != 0x200C && scalar.value != 0x200D
        default: return false
        }
    }
}
