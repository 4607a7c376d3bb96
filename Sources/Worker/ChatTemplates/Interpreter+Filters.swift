/// Jinja's filters.
extension Interpreter {
    func apply(filter name: String, to value: TemplateValue, _ arguments: CallArguments, _ scope: Scope) throws
        -> TemplateValue
    {
        try spend()
        switch name {
        case "default", "d":
            let replacesFalse = arguments.value(1, "boolean")?.isTrue ?? false
            return value.isUndefined || (replacesFalse && !value.isTrue)
                ? arguments.value(0, "default_value") ?? .text(TemplateText()) : value
        case "upper", "lower", "capitalize", "title", "trim", "replace", "indent", "string", "escape", "e",
            "forceescape", "safe",
            "center", "format", "wordcount", "tojson", "join", "urlencode", "pprint":
            return try applyText(name, value, arguments)
        case "length", "count": return .int(try length(value))
        case "int", "float", "abs", "round": return try applyNumber(name, value, arguments)
        case "map", "select", "reject", "selectattr", "rejectattr": return try applyEach(name, value, arguments, scope)
        case "attr":
            let wanted = try arguments.positional.first?.text().string ?? ""
            return try attribute(wanted, of: value)
        case "items":
            if value.isUndefined { return .list(try TemplateList([])) }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateFailure.evaluation("'items' needs a dict, not a \(value.typeName)")
            }
            return try DictionaryMethods.items(dictionary)
        default: return try applyList(name, value, arguments)
        }
    }

    private func length(_ value: TemplateValue) throws -> Int {
        switch value {
        case .text(let text): return text.scalarCount
        case .list(let list): return list.items.count
        case .dictionary(let dictionary): return dictionary.count
        case .undefined: return 0
        default: throw TemplateFailure.evaluation("a \(value.typeName) has no length")
        }
    }

    // MARK: Text

    private func applyText(_ name: String, _ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
        if name == "tojson" { return .text(try value.json(try jsonStyle(arguments))) }
        if name == "join" { return .text(try join(value, arguments)) }
        if name == "pprint" { return .text(try value.representation()) }
        let text = try value.text()
        try charge(text.size)
        let methods = TextMethods(interpreter: self)
        switch name {
        case "upper", "lower", "capitalize": return try methods.call(name, text, CallArguments())
        case "title": return .text(text.mapped(Self.title))
        case "trim":
            guard case .text(let characters)? = arguments.value(0, "chars") else { return .text(text.trimmed()) }
            let drops = Set(characters.string.unicodeScalars)
            return .text(text.stripped(drops.contains))
        case "replace":
            guard let old = try arguments.value(0, "old")?.text(), let new = try arguments.value(1, "new")?.text()
            else {
                throw TemplateFailure.evaluation("'replace' needs what to find and what to put there")
            }
            var limit = Int.max
            if case .int(let count)? = arguments.value(2, "count"), count >= 0 { limit = count }
            return .text(try methods.replace(text, old, new, limit))
        case "indent": return .text(try indent(text, arguments))
        case "escape", "e", "forceescape": return .text(try escaped(text))
        case "center":
            return try methods.call(name, text, CallArguments(positional: [arguments.value(0, "width") ?? .int(80)]))
        case "format": return .text(try PrintfFormat.format(text, arguments.positional))
        case "wordcount":
            return .int(
                text.string.unicodeScalars.split {
                    !($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_")
                }.count)
        case "urlencode":
            let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~/".utf8)
            let made = text.bytes.map {
                plain.contains($0) ? String(Unicode.Scalar($0)) : "%" + PythonText.hex(UInt32($0), 2).uppercased()
            }
            return .text(TemplateText(made.joined(), isData: text.isTouchedByData, sources: text.sources))
        default: return .text(text)
        }
    }

    /// Jinja's own title case: each word after white space, a hyphen or an opening bracket.
    private static func title(_ text: String) -> String {
        var result = ""
        var startsWord = true
        for scalar in text.unicodeScalars {
            result += startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
            startsWord = PythonText.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar)
        }
        return result
    }

    private func escaped(_ text: TemplateText) throws -> TemplateText {
        let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;")]
        return try pairs.reduce(text) {
            let result = $0.replacing(TemplateText($1.0), with: TemplateText($1.1))
            try charge(result.count)
            return result
        }
    }

    private func indent(_ text: TemplateText, _ arguments: CallArguments) throws -> TemplateText {
        var indention = TemplateText(String(repeating: " ", count: 4))
        switch arguments.value(0, "width") {
        case .int(let width)?: indention = try repeated(TemplateText(" "), width)
        case .text(let given)?: indention = given
        default: break
        }
        let first = arguments.value(1, "first")?.isTrue ?? false
        let blank = arguments.value(2, "blank")?.isTrue ?? false
        let newline = TemplateText("\n")
        let lines = try iterate(try TextMethods(interpreter: self).lines(text + newline, keepsEnds: false)).map {
            try $0.text()
        }
        var result = first ? indention : TemplateText()
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.append(newline)
                if blank || !line.isEmpty { result.append(indention) }
            }
            result.append(line)
            try charge(indention.count)
            guard result.count <= limits.bytes else { throw TemplateFailure(.limit, "an indented text is too long") }
        }
        return result
    }

    private func join(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateText {
        var items = try iterate(value)
        if let path = arguments.value(1, "attribute") { items = try items.map { try attributePath(path, of: $0) } }
        let separator = try arguments.value(0, "d")?.text() ?? TemplateText()
        return try TextMethods(interpreter: self).join(items, separator)
    }

    private func jsonStyle(_ arguments: CallArguments) throws -> JSONStyle {
        var style = JSONStyle()
        // transformers: tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False)
        style.ensuresASCII = arguments.value(0, "ensure_ascii")?.isTrue ?? false
        switch arguments.value(1, "indent") {
        case .int(let width)?: style.indent = String(repeating: " ", count: min(max(width, 0), 64))
        case .text(let text)?: style.indent = text.string
        default: break
        }
        if style.indent != nil { style.itemSeparator = "," }
        if case .list(let list)? = arguments.value(2, "separators"), list.items.count == 2 {
            style.itemSeparator = try list.items[0].text().string
            style.keySeparator = try list.items[1].text().string
        }
        style.sortsKeys = arguments.value(3, "sort_keys")?.isTrue ?? false
        return style
    }

    // MARK: Numbers

    private func applyNumber(_ name: String, _ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue
    {
        switch name {
        case "int":
            let fallback = arguments.value(0, "default") ?? .int(0)
            switch value {
            case .int: return value
            case .bool(let flag): return .int(flag ? 1 : 0)
            case .double(let number): return number.isFinite && abs(number) < 9e18 ? .int(Int(number)) : fallback
            case .text(let text):
                let digits = text.trimmed().string.replacing("_", with: "")
                var base = 10
                if case .int(let given)? = arguments.value(1, "base"), (2...36).contains(given) { base = given }
                if let number = Int(digits, radix: base) { return .int(number) }
                if let number = Double(digits), number.isFinite, abs(number) < 9e18 { return .int(Int(number)) }
                return fallback
            default: return fallback
            }
        case "float":
            let fallback = arguments.value(0, "default") ?? .double(0)
            switch value {
            case .int, .bool, .double: return .double(Self.double(value))
            case .text(let text): return Double(text.trimmed().string).map { .double($0) } ?? fallback
            default: return fallback
            }
        case "abs":
            if case .int(let number) = try number(value) { return number < 0 ? try negate(value) : .int(number) }
            return .double(abs(Self.double(value)))
        default:
            var precision = 0
            if case .int(let given)? = arguments.value(0, "precision") { precision = min(max(given, -300), 300) }
            let method = try arguments.value(1, "method")?.text().string ?? "common"
            let number = Self.double(try number(value))
            if case .int = value, precision >= 0 { return value }
            if method == "common" {
                if precision >= 0 { return .double(Double(PrintfFormat.decimal(number, precision)) ?? number) }
            }
            let rule: FloatingPointRoundingRule = method == "ceil" ? .up : method == "floor" ? .down : .toNearestOrEven
            var scale = 1.0
            for _ in 0..<abs(precision) { scale *= 10 }
            let scaled = precision < 0 ? number / scale : number * scale
            let rounded = scaled.rounded(rule)
            return .double(precision < 0 ? rounded * scale : rounded / scale)
        }
    }
}
