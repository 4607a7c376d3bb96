/// Jinja's filters over lists.
extension Interpreter {
    /// `map`, `select` and their like.
    func applyEach(_ name: String, _ value: TemplateValue, _ arguments: CallArguments, _ scope: Scope) throws
        -> TemplateValue
    {
        let items = try iterate(value)
        if name == "map" {
            if let path = arguments.named.first(where: { $0.name == "attribute" })?.value {
                let fallback = arguments.named.first { $0.name == "default" }?.value
                let mapped = try items.map { item in
                    try spend()
                    let found = try attributePath(path, of: item)
                    return found.isUndefined ? fallback ?? found : found
                }
                return .list(try TemplateList(mapped))
            }
            guard case .text(let filter)? = arguments.positional.first else {
                throw TemplateFailure.evaluation("'map' needs the name of a filter or an attribute")
            }
            var rest = arguments
            rest.positional.removeFirst()
            return .list(
                try TemplateList(
                    try items.map { item in try nested { try apply(filter: filter.string, to: item, rest, scope) } }))
        }
        var rest = arguments
        var path: TemplateValue?
        if name.hasSuffix("attr") {
            guard let first = rest.positional.first else {
                throw TemplateFailure.evaluation("'\(name)' needs an attribute")
            }
            path = first
            rest.positional.removeFirst()
        }
        var test: String?
        if let first = rest.positional.first {
            test = try first.text().string
            rest.positional.removeFirst()
        }
        let wanted = name.hasPrefix("select")
        let kept = try items.filter { item in
            try spend()
            let subject = try path.map { try attributePath($0, of: item) } ?? item
            return try (test.map { try self.test($0, subject, rest) } ?? subject.isTrue) == wanted
        }
        return .list(try TemplateList(kept))
    }

    /// An attribute named by a path with dots, or an index.
    func attributePath(_ path: TemplateValue, of value: TemplateValue) throws -> TemplateValue {
        guard case .text(let text) = path else { return try item(path, of: value) }
        return try text.string.split(separator: ".", omittingEmptySubsequences: false).reduce(value) { value, part in
            if let index = Int(part) { return try item(.int(index), of: value) }
            return try item(.text(TemplateText(part)), of: value)
        }
    }

    func applyList(_ name: String, _ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
        switch name {
        case "dictsort": return try dictionarySort(value, arguments)
        case "first": return try iterate(value).first ?? .undefined("first")
        case "last": return try iterate(value).last ?? .undefined("last")
        case "list": return .list(try TemplateList(try iterate(value)))
        case "reverse":
            if case .text(let text) = value {
                try spend(text.count)
                return .text(text.scalars.reversed().reduce(into: TemplateText()) { $0.append($1) })
            }
            return .list(try TemplateList(try iterate(value).reversed()))
        case "sort": return .list(try TemplateList(try sorted(try iterate(value), arguments)))
        case "unique": return .list(try TemplateList(try unique(try iterate(value), arguments)))
        case "min", "max":
            let items = try sorted(try iterate(value), CallArguments(named: arguments.named))
            return (name == "min" ? items.first : items.last) ?? .undefined(name)
        case "sum":
            var total = arguments.value(1, "start") ?? .int(0)
            for item in try iterate(value) {
                let part = try arguments.value(0, "attribute").map { try attributePath($0, of: item) } ?? item
                total = try calculate(total, .add, part)
            }
            return total
        case "batch", "slice": return try groups(name, try iterate(value), arguments)
        case "groupby": return try grouped(try iterate(value), arguments)
        default: throw TemplateFailure.evaluation("there is no filter '\(name)'")
        }
    }

    private func folded(_ value: TemplateValue, _ isCaseSensitive: Bool) -> TemplateValue {
        if !isCaseSensitive, case .text(let text) = value { return .text(text.mapped { $0.lowercased() }) }
        return value
    }

    private func sorted(_ items: [TemplateValue], _ arguments: CallArguments) throws -> [TemplateValue] {
        let reverses = arguments.value(0, "reverse")?.isTrue ?? false
        let isCaseSensitive = arguments.value(1, "case_sensitive")?.isTrue ?? false
        let path = arguments.value(2, "attribute")
        let keys = try items.map { item in
            folded(try path.map { try attributePath($0, of: item) } ?? item, isCaseSensitive)
        }
        return try places(sorting: keys, reverses: reverses).map { items[$0] }
    }

    /// The places of keys in their order. Stable in both directions, as Python's sort.
    private func places(sorting keys: [TemplateValue], reverses: Bool) throws -> [Int] {
        try keys.indices.sorted { first, second in
            let order = try order(keys[first], keys[second])
            if order == 0 { return first < second }
            return reverses ? order > 0 : order < 0
        }
    }

    private func dictionarySort(_ value: TemplateValue, _ arguments: CallArguments) throws -> TemplateValue {
        guard case .dictionary(let dictionary) = value, case .list(let pairs) = try DictionaryMethods.items(dictionary)
        else {
            throw TemplateFailure.evaluation("'dictsort' needs a dict, not a \(value.typeName)")
        }
        let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
        let byValue = try arguments.value(1, "by")?.text().string == "value"
        let keys = (byValue ? dictionary.values : dictionary.keys.map(\.value)).map { folded($0, isCaseSensitive) }
        let places = try places(sorting: keys, reverses: arguments.value(2, "reverse")?.isTrue ?? false)
        return .list(try TemplateList(places.map { pairs.items[$0] }))
    }

    private func unique(_ items: [TemplateValue], _ arguments: CallArguments) throws -> [TemplateValue] {
        let isCaseSensitive = arguments.value(0, "case_sensitive")?.isTrue ?? false
        let path = arguments.value(1, "attribute")
        var seen: Set<TemplateDictionary.Key.Identity> = []
        return try items.filter { item in
            let key = folded(try path.map { try attributePath($0, of: item) } ?? item, isCaseSensitive)
            return seen.insert(try TemplateDictionary.Key(key).identity).inserted
        }
    }

    private func grouped(_ items: [TemplateValue], _ arguments: CallArguments) throws -> TemplateValue {
        guard let path = arguments.value(0, "attribute") else {
            throw TemplateFailure.evaluation("'groupby' needs an attribute")
        }
        let fallback = arguments.value(1, "default")
        let keys = try items.map { item in
            let key = try attributePath(path, of: item)
            return key.isUndefined ? fallback ?? key : key
        }
        var groups: [(key: TemplateValue, items: [TemplateValue])] = []
        for place in try places(sorting: keys.map { folded($0, false) }, reverses: false) {
            if let last = groups.last, try equal(folded(last.key, false), folded(keys[place], false)) {
                groups[groups.count - 1].items.append(items[place])
            } else {
                groups.append((keys[place], [items[place]]))
            }
        }
        return .list(
            try TemplateList(
                try groups.map { .list(try TemplateList([$0.key, .list(try TemplateList($0.items))], isTuple: true)) }))
    }

    private func groups(_ name: String, _ items: [TemplateValue], _ arguments: CallArguments) throws -> TemplateValue {
        guard case .int(let count)? = arguments.value(0, name == "batch" ? "linecount" : "slices"), count > 0,
            count <= 100_000
        else {
            throw TemplateFailure.evaluation("'\(name)' needs a number of 1 to 100000")
        }
        let fill = arguments.value(1, "fill_with")
        var result: [[TemplateValue]] = []
        if name == "batch" {
            for start in stride(from: 0, to: items.count, by: count) {
                result.append(Array(items[start..<min(start + count, items.count)]))
            }
            if let fill, let last = result.last {
                result[result.count - 1] += Array(repeating: fill, count: count - last.count)
            }
        } else {
            let (size, extra) = (items.count / count, items.count % count)
            var start = 0
            for index in 0..<count {
                let end = start + size + (index < extra ? 1 : 0)
                result.append(Array(items[start..<end]) + (index >= extra && extra > 0 ? fill.map { [$0] } ?? [] : []))
                start = end
            }
        }
        try spend(result.count)
        return .list(try TemplateList(try result.map { .list(try TemplateList($0)) }))
    }
}
