/// The methods of strings.
struct TextMethods {
    let interpreter: Interpreter

    static let names: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "find", "format", "index", "isalnum", "isalpha",
        "isdecimal",
        "isdigit", "islower", "isnumeric", "isspace", "isupper", "join", "ljust", "lower", "lstrip", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip",
        "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]

    func call(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
        switch name {
        case "capitalize": return .text(text.mapped(PythonText.capitalize))
        case "title": return .text(text.mapped(PythonText.title))
        case "upper": return .text(text.mapped { $0.uppercased() })
        case "lower", "casefold": return .text(text.mapped { $0.lowercased() })
        case "swapcase": return .text(text.mapped(PythonText.swapCase))
        case "strip", "lstrip", "rstrip": return .text(try strip(name, text, arguments))
        case "startswith", "endswith": return .bool(try matches(name, text, arguments))
        case "split", "rsplit": return try split(name, text, arguments)
        case "splitlines": return try lines(text, keepsEnds: arguments.value(0, "keepends")?.isTrue ?? false)
        case "replace":
            let (old, new) = (try self.text(arguments, 0, "old", name), try self.text(arguments, 1, "new", name))
            var limit = Int.max
            if case .int(let count)? = arguments.value(2, "count"), count >= 0 { limit = count }
            return .text(try replace(text, old, new, limit))
        case "find", "index", "rfind", "rindex": return .int(try find(name, text, arguments))
        case "count":
            let part = try self.text(arguments, 0, "sub", name)
            if part.isEmpty { return .int(text.scalarCount + 1) }
            var (total, start) = (0, 0)
            while let found = text.find(part, from: start) { (total, start) = (total + 1, found + part.count) }
            return .int(total)
        case "join":
            guard let items = arguments.positional.first else {
                throw TemplateFailure.evaluation("'join' needs a list")
            }
            return .text(try join(try interpreter.iterate(items), text))
        case "removeprefix":
            let part = try self.text(arguments, 0, "prefix", name)
            return .text(text.bytes.starts(with: part.bytes) ? text[part.count..<text.count] : text)
        case "removesuffix":
            let part = try self.text(arguments, 0, "suffix", name)
            let ends = text.count >= part.count && text.bytes[(text.count - part.count)...].elementsEqual(part.bytes)
            return .text(ends ? text[0..<text.count - part.count] : text)
        case "partition", "rpartition": return try partition(name, text, arguments)
        case "ljust", "rjust", "center", "zfill": return .text(try pad(name, text, arguments))
        case "format": return .text(try format(text, arguments))
        default: return .bool(Self.isAll(name, text.string))
        }
    }

    private func text(_ arguments: CallArguments, _ index: Int, _ name: String, _ method: String) throws -> TemplateText
    {
        guard case .text(let text)? = arguments.value(index, name) else {
            throw TemplateFailure.evaluation("'\(method)' needs a str as argument \(index + 1)")
        }
        return text
    }

    private func strip(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateText {
        let (left, right) = (name != "rstrip", name != "lstrip")
        guard let given = arguments.positional.first, case .text(let characters) = given else {
            return left && right ? text.trimmed() : text.stripped(left: left, right: right, PythonText.isSpace)
        }
        let drops = Set(characters.string.unicodeScalars)
        return text.stripped(left: left, right: right, drops.contains)
    }

    private func matches(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> Bool {
        var options: [TemplateValue] = arguments.positional.first.map { [$0] } ?? []
        if case .list(let list)? = options.first { options = list.items }
        return try options.contains { option in
            guard case .text(let part) = option else {
                throw TemplateFailure.evaluation("'\(name)' needs a str, not a \(option.typeName)")
            }
            if name == "startswith" { return text.bytes.starts(with: part.bytes) }
            return text.count >= part.count && text.bytes[(text.count - part.count)...].elementsEqual(part.bytes)
        }
    }

    func replace(_ text: TemplateText, _ old: TemplateText, _ new: TemplateText, _ limit: Int) throws -> TemplateText {
        let most = old.isEmpty ? text.count + 1 : text.count / max(old.count, 1)
        let (grown, overflows) = most.multipliedReportingOverflow(by: new.count)
        // The bound is loose, so count the places only where it would refuse.
        if overflows || grown > interpreter.limits.bytes {
            var (places, start) = (0, 0)
            while !old.isEmpty, let found = text.find(old, from: start) {
                (places, start) = (places + 1, found + old.count)
            }
            let (exact, tooLong) = (old.isEmpty ? most : places).multipliedReportingOverflow(by: new.count)
            try interpreter.charge(tooLong ? .max / 32 : exact)
        }
        let result = text.replacing(old, with: new, limit: limit)
        try interpreter.charge(result.count)
        return result
    }

    func join(_ items: [TemplateValue], _ separator: TemplateText) throws -> TemplateText {
        var result = TemplateText()
        for (index, item) in items.enumerated() {
            try interpreter.spend()
            if index > 0 { result.append(separator) }
            result.append(try item.text())
            try interpreter.charge(separator.count)
            guard result.count <= interpreter.limits.bytes else {
                throw TemplateFailure(.limit, "a joined text is too long")
            }
        }
        try interpreter.charge(result.count)
        return result
    }

    private func find(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> Int {
        let part = try self.text(arguments, 0, "sub", name)
        var from = 0
        if case .int(let start)? = arguments.value(1, "start") {
            let offsets = text.scalarOffsets
            let place =
                start < 0 ? max(0, offsets.count - 1 + max(start, -offsets.count)) : min(start, offsets.count - 1)
            from = offsets[place]
        }
        let found = name.hasPrefix("r") ? text.findLast(part, before: text.count) : text.find(part, from: from)
        guard let found, found >= from else {
            if name.hasSuffix("index") { throw TemplateFailure.evaluation("the text '\(part.string)' is not found") }
            return -1
        }
        return text[0..<found].scalarCount
    }

    private func split(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
        var limit = Int.max
        if case .int(let most)? = arguments.value(1, "maxsplit"), most >= 0 { limit = most }
        var parts: [TemplateText] = []
        if case .text(let separator)? = arguments.value(0, "sep") {
            guard !separator.isEmpty else { throw TemplateFailure.evaluation("'split' with an empty separator") }
            parts = name == "split" ? splitForward(text, separator, limit) : splitBackward(text, separator, limit)
        } else {
            parts = splitSpaces(text, limit, fromRight: name == "rsplit")
        }
        try interpreter.spend(parts.count)
        return .list(try TemplateList(parts.map { .text($0) }))
    }

    private func splitForward(_ text: TemplateText, _ separator: TemplateText, _ limit: Int) -> [TemplateText] {
        var (parts, start): ([TemplateText], Int) = ([], 0)
        while parts.count < limit, let found = text.find(separator, from: start) {
            parts.append(text[start..<found])
            start = found + separator.count
        }
        return parts + [text[start..<text.count]]
    }

    private func splitBackward(_ text: TemplateText, _ separator: TemplateText, _ limit: Int) -> [TemplateText] {
        var (parts, end): ([TemplateText], Int) = ([], text.count)
        while parts.count < limit, let found = text.findLast(separator, before: end) {
            parts.append(text[found + separator.count..<end])
            end = found
        }
        return [text[0..<end]] + parts.reversed()
    }

    private func splitSpaces(_ text: TemplateText, _ limit: Int, fromRight: Bool) -> [TemplateText] {
        var parts: [TemplateText] = []
        var rest = text.stripped(left: !fromRight, right: fromRight, PythonText.isSpace)
        while !rest.isEmpty {
            if parts.count >= limit {
                parts.append(rest.stripped(left: fromRight, right: !fromRight, PythonText.isSpace))
                break
            }
            let kept = rest.stripped(left: !fromRight, right: fromRight) { !PythonText.isSpace($0) }
            let part = fromRight ? rest[kept.count..<rest.count] : rest[0..<rest.count - kept.count]
            parts.append(part)
            rest = kept.stripped(left: !fromRight, right: fromRight, PythonText.isSpace)
            if parts.count > 200_000 { break }
        }
        return fromRight ? parts.reversed() : parts
    }

    func lines(_ text: TemplateText, keepsEnds: Bool) throws -> TemplateValue {
        var (parts, start): ([TemplateValue], Int) = ([], 0)
        let offsets = text.scalarOffsets
        let scalars = Array(text.string.unicodeScalars)
        var index = 0
        while index < scalars.count, index + 1 < offsets.count {
            guard PythonText.isLineBreak(scalars[index]) else {
                index += 1
                continue
            }
            let end = offsets[index]
            index += scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n" ? 2 : 1
            parts.append(.text(text[start..<(keepsEnds ? offsets[index] : end)]))
            start = offsets[index]
        }
        if start < text.count { parts.append(.text(text[start..<text.count])) }
        try interpreter.spend(parts.count)
        return .list(try TemplateList(parts))
    }

    private func partition(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
        let separator = try self.text(arguments, 0, "sep", name)
        guard !separator.isEmpty else { throw TemplateFailure.evaluation("'\(name)' with an empty separator") }
        let isForward = name == "partition"
        let empty = TemplateText()
        let found = isForward ? text.find(separator) : text.findLast(separator, before: text.count)
        let parts =
            found.map { [text[0..<$0], separator, text[$0 + separator.count..<text.count]] }
            ?? (isForward ? [text, empty, empty] : [empty, empty, text])
        return .list(try TemplateList(parts.map { .text($0) }, isTuple: true))
    }

    private func pad(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateText {
        guard case .int(let width)? = arguments.value(0, "width") else {
            throw TemplateFailure.evaluation("'\(name)' needs a width")
        }
        var fill = TemplateText(name == "zfill" ? "0" : " ")
        if name != "zfill", case .text(let given)? = arguments.value(1, "fillchar"), given.scalarCount == 1 {
            fill = given
        }
        let missing = width.subtractingReportingOverflow(text.scalarCount).partialValue
        guard missing > 0, width > 0 else { return text }
        if name == "center" {
            // Python gives the odd space to the left when the width is odd.
            let left = missing / 2 + (missing & width & 1)
            return try interpreter.repeated(fill, left) + text + interpreter.repeated(fill, missing - left)
        }
        let padding = try interpreter.repeated(fill, missing)
        if name == "zfill", let sign = text.bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            return text[0..<1] + padding + text[1..<text.count]
        }
        return name == "ljust" ? text + padding : padding + text
    }

    /// `str.format` with plain places: `{}`, `{0}`, `{name}`.
    private func format(_ text: TemplateText, _ arguments: CallArguments) throws -> TemplateText {
        var result = TemplateText()
        var (index, automatic) = (0, 0)
        let bytes = text.bytes
        let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
        while index < bytes.count {
            let byte = bytes[index]
            if (byte == open || byte == close), index + 1 < bytes.count, bytes[index + 1] == byte {
                result.append(text[index..<index + 1])
                index += 2
            } else if byte == open {
                guard let end = bytes[index...].firstIndex(of: close) else {
                    throw TemplateFailure.evaluation("a format's '{' is not closed")
                }
                let name = String(decoding: bytes[index + 1..<end], as: UTF8.self)
                let place = name.isEmpty ? automatic : Int(name)
                if name.isEmpty { automatic += 1 }
                let value =
                    place.flatMap { $0 >= 0 && $0 < arguments.positional.count ? arguments.positional[$0] : nil }
                    ?? arguments.named.first { $0.name == name }?.value
                guard let value else {
                    throw TemplateFailure.evaluation("the format's '{\(name)}' has no value or is not supported")
                }
                result.append(try value.text())
                try interpreter.charge(result.count)
                index = end + 1
            } else if byte == close {
                throw TemplateFailure.evaluation("a format's '}' is not opened")
            } else {
                let start = index
                while index < bytes.count, bytes[index] != open, bytes[index] != close { index += 1 }
                result.append(text[start..<index])
            }
        }
        return result
    }

    private static func isAll(_ name: String, _ text: String) -> Bool {
        let scalars = text.unicodeScalars
        func all(_ test: (Unicode.Scalar) -> Bool) -> Bool { !scalars.isEmpty && scalars.allSatisfy(test) }
        switch name {
        case "isalpha": return all(\.isLetter)
        case "isdigit": return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        case "isdecimal": return all { $0.properties.numericType == .decimal }
        case "isnumeric": return all { $0.properties.numericType != nil }
        case "isalnum": return all { $0.isLetter || $0.properties.numericType != nil }
        case "isspace": return all(PythonText.isSpace)
        case "isupper":
            return scalars.contains { $0.properties.isUppercase } && !scalars.contains { $0.properties.isLowercase }
        case "islower":
            return scalars.contains { $0.properties.isLowercase } && !scalars.contains { $0.properties.isUppercase }
        default: return false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
