/// Jinja's tests, as after `is`.
extension Interpreter {
    func test(_ name: String, _ value: TemplateValue, _ arguments: CallArguments) throws -> Bool {
        try spend()
        if let operation = Self.comparisons[name] {
            guard let other = arguments.positional.first else {
                throw TemplateFailure.evaluation("'\(name)' needs a value")
            }
            return try compare(value, operation, other)
        }
        switch (name, value) {
        case ("defined", _): return !value.isUndefined
        case ("undefined", _): return value.isUndefined
        case ("none", .none), ("true", .bool(true)), ("false", .bool(false)), ("boolean", .bool), ("string", .text),
            ("mapping", .dictionary), ("integer", .int), ("float", .double), ("number", .int), ("number", .double),
            ("number", .bool), ("callable", .macro), ("callable", .function), ("sequence", .text), ("sequence", .list),
            ("sequence", .dictionary), ("sequence", .undefined), ("iterable", .text), ("iterable", .list),
            ("iterable", .dictionary), ("iterable", .undefined), ("iterable", .loop):
            return true
        case ("odd", _): return try remainder(value, 2) == 1
        case ("even", _): return try remainder(value, 2) == 0
        case ("divisibleby", _):
            guard case .int(let divisor)? = arguments.positional.first, divisor != 0 else {
                throw TemplateFailure.evaluation("'divisibleby' needs a number that is not zero")
            }
            return try remainder(value, divisor) == 0
        case ("lower", _), ("upper", _):
            return try TextMethods(interpreter: self).call("is" + name, try value.text(), CallArguments()).isTrue
        case ("sameas", _):
            guard let other = arguments.positional.first else {
                throw TemplateFailure.evaluation("'sameas' needs a value")
            }
            switch (value, other) {
            case (.bool(let first), .bool(let second)): return first == second
            case (.none, .none): return true
            case (.bool, _), (_, .bool), (.none, _), (_, .none): return false
            default: return try equal(value, other)
            }
        case ("filter", .text(let text)): return Self.filterNames.contains(text.string)
        case ("test", .text(let text)):
            return Self.testNames.contains(text.string) || Self.comparisons[text.string] != nil
        default:
            guard Self.testNames.contains(name) else { throw TemplateFailure.evaluation("there is no test '\(name)'") }
            return false
        }
    }

    private func remainder(_ value: TemplateValue, _ divisor: Int) throws -> Int {
        guard case .int(let result) = try calculate(try number(value), .modulo, .int(divisor)) else { return -1 }
        return result
    }

    private static let comparisons: [String: Comparison] = [
        "eq": .equal, "equalto": .equal, "==": .equal, "ne": .unequal, "!=": .unequal, "lt": .less, "lessthan": .less,
        "<": .less,
        "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, "greaterthan": .greater, ">": .greater,
        "ge": .greaterOrEqual,
        ">=": .greaterOrEqual, "in": .in,
    ]

    private static let testNames: Set<String> = [
        "defined", "undefined", "none", "true", "false", "boolean", "string", "mapping", "integer", "float", "number",
        "callable",
        "sequence", "iterable", "odd", "even", "divisibleby", "lower", "upper", "sameas", "filter", "test", "escaped",
    ]

    private static let filterNames: Set<String> = [
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first",
        "float",
        "forceescape", "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map",
        "max",
        "min", "pprint", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice",
        "sort",
        "string", "sum", "title", "tojson", "trim", "unique", "upper", "urlencode", "wordcount",
    ]
}
