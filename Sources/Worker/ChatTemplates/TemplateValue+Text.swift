/// How values become text.
extension TemplateValue {
    /// Python's `str`.
    func text() throws -> TemplateText {
        switch self {
        case .undefined: return TemplateText()
        case .text(let text): return text
        default:
            var result = ""
            try write(to: &result)
            return TemplateText(result, isData: isTouchedByData, sources: sources)
        }
    }

    /// Python's `repr`, appended.
    private func write(to result: inout String) throws {
        guard result.utf8.count < TemplateLimits.standard.bytes else {
            throw TemplateFailure(.limit, "a value is longer than \(TemplateLimits.standard.bytes) bytes as text")
        }
        switch self {
        case .undefined: result += "Undefined"
        case .none: result += "None"
        case .bool(let value): result += value ? "True" : "False"
        case .int(let value): result += String(value)
        case .double(let value): result += PythonText.number(value)
        case .text(let text): result += PythonText.quote(text.string)
        case .list(let list):
            result += list.isTuple ? "(" : "["
            for (index, item) in list.items.enumerated() {
                if index > 0 { result += ", " }
                try item.write(to: &result)
            }
            if list.isTuple, list.items.count == 1 { result += "," }
            result += list.isTuple ? ")" : "]"
        case .dictionary(let dictionary):
            result += "{"
            for index in 0..<dictionary.count {
                if index > 0 { result += ", " }
                try dictionary.keys[index].value.write(to: &result)
                result += ": "
                try dictionary.values[index].write(to: &result)
            }
            result += "}"
        case .namespace, .loop, .macro, .function: throw TemplateFailure.evaluation("a \(typeName) has no text")
        }
    }

    /// Python's `repr`.
    func representation() throws -> TemplateText {
        var result = ""
        try write(to: &result)
        return TemplateText(result, isData: isTouchedByData, sources: sources)
    }
}

/// How `json.dumps` is to write.
struct JSONStyle {
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var ensuresASCII = false
    var sortsKeys = false
}

extension TemplateValue {
    /// Python's `json.dumps`.
    func json(_ style: JSONStyle) throws -> TemplateText {
        var result = ""
        try writeJSON(style, "\n", &result)
        return TemplateText(result, isData: isTouchedByData, sources: sources)
    }

    private func writeJSON(_ style: JSONStyle, _ newline: String, _ result: inout String) throws {
        guard result.utf8.count < TemplateLimits.standard.bytes else {
            throw TemplateFailure(.limit, "a value is longer than \(TemplateLimits.standard.bytes) bytes as JSON")
        }
        switch self {
        case .none: result += "null"
        case .bool(let value): result += value ? "true" : "false"
        case .int(let value): result += String(value)
        case .double(let value):
            result +=
                value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.description
        case .text(let text): Self.writeJSON(text.string, style.ensuresASCII, &result)
        case .list(let list):
            try writeJSON("[", "]", list.items.count, style, newline, &result) { index, inner, result in
                try list.items[index].writeJSON(style, inner, &result)
            }
        case .dictionary(let dictionary):
            var order = Array(0..<dictionary.count)
            let names = try dictionary.keys.map { try $0.value.jsonKey() }
            if style.sortsKeys {
                order.sort { names[$0].unicodeScalars.lexicographicallyPrecedes(names[$1].unicodeScalars) }
            }
            try writeJSON("{", "}", order.count, style, newline, &result) { index, inner, result in
                Self.writeJSON(names[order[index]], style.ensuresASCII, &result)
                result += style.keySeparator
                try dictionary.values[order[index]].writeJSON(style, inner, &result)
            }
        case .undefined, .namespace, .loop, .macro, .function:
            throw TemplateFailure.evaluation("a \(typeName) cannot be written as JSON")
        }
    }

    private func jsonKey() throws -> String {
        if case .text(let text) = self { return text.string }
        var result = ""
        try writeJSON(JSONStyle(), "\n", &result)
        return result
    }

    private func writeJSON(
        _ open: String, _ close: String, _ count: Int, _ style: JSONStyle, _ newline: String, _ result: inout String,
        item: (Int, String, inout String) throws -> Void
    ) throws {
        result += open
        let inner = style.indent.map { newline + $0 }
        for index in 0..<count {
            if index > 0 { result += style.itemSeparator }
            if let inner { result += inner }
            try item(index, inner ?? newline, &result)
        }
        if style.indent != nil, count > 0 { result += newline }
        result += close
    }

    private static func writeJSON(_ text: String, _ ensuresASCII: Bool, _ result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case _ where scalar.value < 0x20: result += "\\u" + PythonText.hex(scalar.value, 4)
            case _ where ensuresASCII && scalar.value > 0x7E:
                for unit in String(scalar).utf16 { result += "\\u" + PythonText.hex(UInt32(unit), 4) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
