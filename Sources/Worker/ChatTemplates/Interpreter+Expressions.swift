/// The evaluated arguments of a call.
struct CallArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []
    /// The body of a call block.
    var caller: TemplateValue?

    /// An argument by place or by name.
    func value(_ index: Int, _ name: String) -> TemplateValue? {
        index < positional.count ? positional[index] : named.first { $0.name == name }?.value
    }
}

extension Interpreter {
    func evaluate(_ expression: Expression, _ scope: Scope) throws -> TemplateValue {
        try spend()
        switch expression {
        case .constant(let value): return value
        case .name(let name): return scope[name] ?? (Self.globals.contains(name) ? .function(name) : .undefined(name))
        default: return try nested { try evaluateDeep(expression, scope) }
        }
    }

    static let globals: Set<String> = ["range", "namespace", "dict", "raise_exception", "strftime_now"]

    /// Kept small: each case with large variables is a function of its own, so nesting costs little stack.
    private func evaluateDeep(_ expression: Expression, _ scope: Scope) throws -> TemplateValue {
        switch expression {
        case .constant(let value): return value
        case .name: return .none
        case .list(let items): return .list(try TemplateList(try items.map { try evaluate($0, scope) }))
        case .tuple(let items): return .list(try TemplateList(try items.map { try evaluate($0, scope) }, isTuple: true))
        case .dictionary(let items): return try dictionary(items, scope)
        case .attribute(let operand, let name): return try attribute(name, of: try evaluate(operand, scope))
        case .item(let operand, let key): return try item(try evaluate(key, scope), of: try evaluate(operand, scope))
        case .slice(let operand, let bounds): return try slice(try evaluate(operand, scope), bounds, scope)
        case .call(let callee, let arguments): return try call(callee, try evaluate(arguments, scope), scope)
        case .filter(let operand, let name, let arguments): return try filter(operand, name, arguments, scope)
        case .test(let operand, let name, let arguments):
            return .bool(try test(name, try evaluate(operand, scope), try evaluate(arguments, scope)))
        case .negate(let operand): return try negate(try evaluate(operand, scope))
        case .plus(let operand): return try number(try evaluate(operand, scope))
        case .not(let operand): return .bool(!(try evaluate(operand, scope).isTrue))
        case .arithmetic(let first, let rest): return try arithmetic(first, rest, scope)
        case .concatenation(let items): return try concatenation(items, scope)
        case .comparison(let first, let rest): return try comparison(first, rest, scope)
        case .and(let items): return try junction(items, until: false, scope)
        case .or(let items): return try junction(items, until: true, scope)
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, scope).isTrue { return try evaluate(then, scope) }
            return try otherwise.map { try evaluate($0, scope) } ?? .undefined("a condition without else")
        }
    }

    func evaluate(_ arguments: Arguments, _ scope: Scope) throws -> CallArguments {
        CallArguments(
            positional: try arguments.positional.map { try evaluate($0, scope) },
            named: try arguments.named.map { ($0.name, try evaluate($0.value, scope)) })
    }

    private func filter(_ operand: Expression?, _ name: String, _ arguments: Arguments, _ scope: Scope) throws
        -> TemplateValue
    {
        let value = try operand.map { try evaluate($0, scope) } ?? .undefined("filter")
        return try apply(filter: name, to: value, try evaluate(arguments, scope), scope)
    }

    private func dictionary(_ items: [(key: Expression, value: Expression)], _ scope: Scope) throws -> TemplateValue {
        var result = TemplateDictionary()
        for item in items {
            let key = try TemplateDictionary.Key(try evaluate(item.key, scope))
            try result.set(key, try evaluate(item.value, scope))
        }
        return .dictionary(result)
    }

    private func junction(_ items: [Expression], until stop: Bool, _ scope: Scope) throws -> TemplateValue {
        var value = TemplateValue.none
        for item in items {
            value = try evaluate(item, scope)
            if value.isTrue == stop { return value }
        }
        return value
    }

    private func concatenation(_ items: [Expression], _ scope: Scope) throws -> TemplateValue {
        var result = TemplateText()
        for item in items {
            let text = try evaluate(item, scope).text()
            try charge(result.count + text.count)
            result.append(text)
        }
        return .text(result)
    }

    private func comparison(
        _ first: Expression, _ rest: [(operation: Comparison, right: Expression)], _ scope: Scope
    ) throws -> TemplateValue {
        var left = try evaluate(first, scope)
        for (operation, expression) in rest {
            let right = try evaluate(expression, scope)
            guard try compare(left, operation, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func arithmetic(
        _ first: Expression, _ rest: [(operation: Arithmetic, right: Expression)], _ scope: Scope
    ) throws -> TemplateValue {
        var left = try evaluate(first, scope)
        for (operation, expression) in rest {
            left = try calculate(left, operation, try evaluate(expression, scope))
        }
        return left
    }

    // MARK: Attributes and items

    func attribute(_ name: String, of value: TemplateValue) throws -> TemplateValue {
        switch value {
        case .undefined(let what): throw TemplateFailure.evaluation("'\(what)' is undefined, and has no '\(name)'")
        case .namespace(let namespace): return namespace.values[name: name] ?? .undefined("namespace.\(name)")
        case .loop(let state):
            return state.attribute(name)
                ?? (name == "cycle" || name == "changed" ? .function(name) : .undefined("loop.\(name)"))
        case .dictionary(let dictionary):
            if DictionaryMethods.names.contains(name) { return .function(name) }
            return dictionary[name: name] ?? .undefined(name)
        case .text where TextMethods.names.contains(name): return .function(name)
        case .list where name == "index" || name == "count": return .function(name)
        default: return .undefined(name)
        }
    }

    func item(_ key: TemplateValue, of value: TemplateValue) throws -> TemplateValue {
        switch (value, key) {
        case (.undefined(let what), _): throw TemplateFailure.evaluation("'\(what)' is undefined, and has no items")
        case (.list(let list), .int(let index)):
            return Self.place(index, list.items.count).map { list.items[$0] } ?? .undefined("item \(index)")
        case (.text(let text), .int(let index)):
            let offsets = text.scalarOffsets
            guard let place = Self.place(index, offsets.count - 1) else { return .undefined("character \(index)") }
            return .text(text[offsets[place]..<offsets[place + 1]])
        case (.dictionary(let dictionary), _):
            if let key = try? TemplateDictionary.Key(key), let found = dictionary[key.identity] { return found }
            if case .text(let name) = key {
                return DictionaryMethods.names.contains(name.string) ? .function(name.string) : .undefined(name.string)
            }
            return .undefined("item")
        case (_, .text(let name)): return try attribute(name.string, of: value)
        default: return .undefined("item")
        }
    }

    /// A place counted from the end when negative; nil outside.
    static func place(_ index: Int, _ count: Int) -> Int? {
        if index >= 0 { return index < count ? index : nil }
        return index >= -count ? count + index : nil
    }

    private func slice(_ value: TemplateValue, _ bounds: SliceBounds, _ scope: Scope) throws -> TemplateValue {
        func bound(_ expression: Expression?) throws -> Int? {
            guard let expression else { return nil }
            switch try evaluate(expression, scope) {
            case .none: return nil
            case .int(let value): return value
            case .bool(let value): return value ? 1 : 0
            case let other: throw TemplateFailure.evaluation("a slice needs whole numbers, not a \(other.typeName)")
            }
        }
        let (start, stop, step) = (try bound(bounds.start), try bound(bounds.stop), try bound(bounds.step) ?? 1)
        guard step != 0 else { throw TemplateFailure.evaluation("the step of a slice is zero") }
        switch value {
        case .list(let list):
            let places = try places(list.items.count, start, stop, step)
            return .list(try TemplateList(places.map { list.items[$0] }, isTuple: list.isTuple))
        case .text(let text):
            let offsets = text.scalarOffsets
            let places = try places(offsets.count - 1, start, stop, step)
            try charge(text.count)
            guard step != 1 else {
                guard let first = places.first, let last = places.last else { return .text(TemplateText()) }
                return .text(text[offsets[first]..<offsets[last + 1]])
            }
            var result = TemplateText()
            for place in places { result.append(text[offsets[place]..<offsets[place + 1]]) }
            return .text(result)
        case .undefined: return value
        default: throw TemplateFailure.evaluation("a \(value.typeName) cannot be sliced")
        }
    }

    /// The places that `range(count)[start:stop:step]` holds.
    private func places(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) throws -> [Int] {
        func clamp(_ value: Int, _ low: Int, _ high: Int) -> Int {
            let shifted = value < 0 ? value.addingReportingOverflow(count).partialValue : value
            return min(max(shifted, low), high)
        }
        try spend(count)
        if step > 0 {
            let first = start.map { clamp($0, 0, count) } ?? 0
            let end = stop.map { clamp($0, 0, count) } ?? count
            return first < end ? Array(stride(from: first, to: end, by: step)) : []
        }
        let first = start.map { clamp($0, -1, count - 1) } ?? count - 1
        let end = stop.map { clamp($0, -1, count - 1) } ?? -1
        return first > end ? Array(stride(from: first, to: end, by: step)) : []
    }
}
