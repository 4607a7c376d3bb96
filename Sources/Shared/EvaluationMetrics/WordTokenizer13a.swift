/// The `13a` tokenizer of mteval, as sacrebleu applies it before BLEU.
package enum WordTokenizer13a {
    /// The tokens of one line.
    package static func tokens(_ line: String) -> [String] {
        var text = Array(line.unicodeScalars)
        text = replace(text, "<skipped>", "")
        text = replace(text, "-\n", "")
        text = replace(text, "\n", " ")
        if text.contains("&") {
            for (from, to) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
                text = replace(text, from, to)
            }
        }
        text = [" "] + text + [" "]
        text = text.flatMap { isSymbol($0) ? [" ", $0, " "] : [$0] }
        // Each step consumes the two characters that it looks at, as the regular expressions do.
        text = pairs(text, { !isDigit($0) && isPoint($1) }) { [$0, " ", $1, " "] }
        text = pairs(text, { isPoint($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
        text = pairs(text, { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
        return text.split { $0.properties.isWhitespace }.map { String(String.UnicodeScalarView($0)) }
    }

    private typealias Scalars = [Unicode.Scalar]

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
    private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
        default: false
        }
    }

    private static func pairs(
        _ text: Scalars, _ fits: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        _ change: (Unicode.Scalar, Unicode.Scalar) -> Scalars
    ) -> Scalars {
        var result: Scalars = []
        var index = 0
        while index < text.count {
            if index + 1 < text.count, fits(text[index], text[index + 1]) {
                result += change(text[index], text[index + 1])
                index += 2
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }

    private static func replace(_ text: Scalars, _ from: String, _ to: String) -> Scalars {
        let pattern = Array(from.unicodeScalars)
        guard text.count >= pattern.count else { return text }
        var result: Scalars = []
        var index = 0
        while index < text.count {
            if index + pattern.count <= text.count, text[index..<index + pattern.count].elementsEqual(pattern) {
                result += Array(to.unicodeScalars)
                index += pattern.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}
