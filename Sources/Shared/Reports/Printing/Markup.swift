/// A piece of HTML or SVG. Text and attributes are escaped when it is printed, so that nothing foreign becomes markup.
indirect enum Markup {
    case text(String)
    case element(String, [(String, String)], [Markup])
    /// A stylesheet, which only the program itself can write.
    case style(StaticString)

    /// An element.
    static func tag(_ name: String, _ attributes: [(String, String)], _ children: [Markup]) -> Markup {
        .element(name, attributes, children)
    }

    /// An element that holds a text.
    static func tag(_ name: String, _ attributes: [(String, String)], _ text: String) -> Markup {
        .element(name, attributes, [.text(text)])
    }

    /// An element without attributes that holds a text.
    static func tag(_ name: String, _ text: String) -> Markup { .element(name, [], [.text(text)]) }

    /// Words of a heading: names of runs and experiments are not broken at their hyphen.
    static func words(_ text: String) -> [Markup] {
        var parts: [Markup] = []
        var rest = Substring(text)
        while let name = rest.firstMatch(of: /\b[rx]-\d+\b/) {
            parts.append(.text(String(rest[..<name.range.lowerBound])))
            parts.append(.tag("span", [("class", "id")], String(name.output)))
            rest = rest[name.range.upperBound...]
        }
        return parts + [.text(String(rest))]
    }

    /// Elements without content, which HTML knows no closing tag of; those of SVG close themselves.
    private static let void: Set<String> = ["meta", "br"]
    private static let selfClosing: Set<String> = ["line", "polyline", "circle", "rect"]

    /// Prints it.
    func print(into text: inout String) {
        switch self {
        case .text(let content): text += Self.escaped(content)
        case .style(let sheet): text += "<style>\(sheet)</style>"
        case .element(let name, let attributes, let children):
            text += "<\(name)"
            for (key, value) in attributes { text += " \(key)=\"\(Self.escaped(value))\"" }
            if children.isEmpty, Self.selfClosing.contains(name) { return text += "/>" }
            text += ">"
            if Self.void.contains(name) { return }
            for child in children { child.print(into: &text) }
            text += "</\(name)>"
        }
    }

    /// Text that is safe inside HTML and attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // What XML forbids becomes the replacement sign.
            case _ where scalar.value < 32 && scalar != "\n" && scalar != "\t": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
