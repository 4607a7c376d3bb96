/// Calls of macros, methods and global functions.
extension Interpreter {
    func call(_ callee: Expression, _ arguments: CallArguments, _ scope: Scope) throws -> TemplateValue {
        if case .attribute(let operand, let name) = callee {
            let object = try evaluate(operand, scope)
            switch object {
            case .text(let text) where TextMethods.names.contains(name):
                try spend(text.size / 16)
                return try TextMethods(interpreter: self).call(name, text, arguments)
            case .dictionary(let dictionary) where DictionaryMethods.names.contains(name):
                return try DictionaryMethods.call(name, dictionary, arguments)
            case .list(let list) where name == "index" || name == "count":
                guard let value = arguments.positional.first else {
                    throw TemplateFailure.evaluation("'\(name)' needs a value")
                }
                let places = try list.items.indices.filter { try equal(list.items[$0], value) }
                if name == "count" { return .int(places.count) }
                guard let place = places.first else { throw TemplateFailure.evaluation("the value is not in the list") }
                return .int(place)
            case .list where ["append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear"].contains(name):
                throw TemplateFailure.evaluation("'\(name)' would change a list, which templates may not")
            case .loop(let state) where name == "cycle":
                guard !arguments.positional.isEmpty else { throw TemplateFailure.evaluation("'cycle' needs values") }
                return arguments.positional[state.index % arguments.positional.count]
            case .loop(let state) where name == "changed":
                let last = state.lastChanged
                state.lastChanged = arguments.positional
                guard let last, last.count == arguments.positional.count else { return .bool(true) }
                return .bool(!(try zip(last, arguments.positional).allSatisfy { try equal($0, $1) }))
            default: return try call(try attribute(name, of: object), arguments, scope)
            }
        }
        return try call(try evaluate(callee, scope), arguments, scope)
    }

    private func call(_ value: TemplateValue, _ arguments: CallArguments, _ scope: Scope) throws -> TemplateValue {
        switch value {
        case .macro(let macro): return .text(try call(macro, arguments))
        case .function(let name): return try call(global: name, arguments)
        case .loop(let state):
            guard state.statement.isRecursive, let items = arguments.positional.first else {
                throw TemplateFailure.evaluation("'loop' is called, yet the loop is not recursive")
            }
            let walked = try iterate(items)
            return .text(
                try capture { _ = try nested { try runLoop(state.statement, walked, depth: state.depth + 1, scope) } })
        case .undefined(let name): throw TemplateFailure.evaluation("'\(name)' is undefined, and cannot be called")
        default: throw TemplateFailure.evaluation("a \(value.typeName) cannot be called")
        }
    }

    private func call(_ macro: Macro, _ arguments: CallArguments) throws -> TemplateText {
        let definition = macro.definition
        let scope = Scope(parent: macro.scope ?? root)
        guard arguments.positional.count <= definition.parameters.count else {
            throw TemplateFailure.evaluation(
                "the macro '\(definition.name)' takes \(definition.parameters.count) arguments at most")
        }
        for argument in arguments.named where !definition.parameters.contains(where: { $0.name == argument.name }) {
            throw TemplateFailure.evaluation("the macro '\(definition.name)' has no parameter '\(argument.name)'")
        }
        for (index, parameter) in definition.parameters.enumerated() {
            let given = arguments.value(index, parameter.name)
            let value = try given ?? parameter.fallback.map { try evaluate($0, scope) } ?? .undefined(parameter.name)
            scope.set(parameter.name, value)
        }
        scope.set("caller", arguments.caller ?? .undefined("caller"))
        let outer = line
        defer { line = outer }
        return try capture { _ = try nested { try run(definition.body, scope) } }
    }

    private func call(global name: String, _ arguments: CallArguments) throws -> TemplateValue {
        switch name {
        case "range": return try range(arguments)
        case "namespace", "dict":
            var values = TemplateDictionary()
            if case .dictionary(let given)? = arguments.positional.first { values = given }
            for argument in arguments.named { try values.set(argument.name, argument.value) }
            return name == "dict" ? .dictionary(values) : .namespace(TemplateNamespace(values))
        case "raise_exception":
            throw TemplateFailure(.raised, line: line, try arguments.positional.first?.text().string ?? "no message")
        case "strftime_now":
            guard case .text(let format)? = arguments.value(0, "format") else {
                throw TemplateFailure.evaluation("'strftime_now' needs a format")
            }
            return .text(try time(format.string))
        default: throw TemplateFailure.evaluation("'\(name)' cannot be called here")
        }
    }

    private func range(_ arguments: CallArguments) throws -> TemplateValue {
        let bounds: [Int] = try arguments.positional.map {
            switch $0 {
            case .int(let value): return value
            case .bool(let value): return value ? 1 : 0
            default: throw TemplateFailure.evaluation("'range' needs whole numbers, not a \($0.typeName)")
            }
        }
        guard (1...3).contains(bounds.count) else {
            throw TemplateFailure.evaluation("'range' takes one to three numbers")
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw TemplateFailure.evaluation("the step of 'range' is zero") }
        var items: [TemplateValue] = []
        for value in stride(from: start, to: stop, by: step) {
            guard items.count < 100_000 else { throw TemplateFailure(.limit, "a range of more than 100000 numbers") }
            items.append(.int(value))
        }
        try spend(items.count)
        return .list(try TemplateList(items))
    }
}
