/// The value of a header with its parameters: `form-data; name="file"; filename="a.jsonl"`.
struct HeaderParameters {
    let value: String
    private var parameters: [(name: String, value: String)] = []

    /// Nil where the text is not of that form, or gives a parameter twice.
    init?(_ text: Substring) {
        var rest = Substring(text)
        value = Self.trimmed(Self.take(&rest, upTo: [";"]))
        while rest.popFirst() != nil {
            let name = Self.trimmed(Self.take(&rest, upTo: ["=", ";"])).lowercased()
            // A semicolon at the end is no parameter.
            if name.isEmpty, rest.isEmpty { return }
            guard !name.isEmpty, self[name] == nil, rest.popFirst() == "=" else { return nil }
            while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
            if rest.first == "\"" {
                guard let quoted = Self.takeQuoted(&rest),
                    Self.trimmed(Self.take(&rest, upTo: [";"])).isEmpty
                else { return nil }
                parameters.append((name, quoted))
            } else {
                parameters.append((name, Self.trimmed(Self.take(&rest, upTo: [";"]))))
            }
        }
    }

    subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    private static func take(_ rest: inout Substring, upTo ends: Set<Character>) -> Substring {
        let taken = rest.prefix { !ends.contains($0) }
        rest = rest[taken.endIndex...]
        return taken
    }

    /// A text in quotation marks. A backslash hides only a quotation mark: browsers send paths of Windows as they are.
    private static func takeQuoted(_ rest: inout Substring) -> String? {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            if character == "\\", rest.first == "\"" {
                rest.removeFirst()
                text.append("\"")
            } else {
                text.append(character)
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
