/// Expressions, by falling rank.
extension TemplateParser {
    /// One expression, or several with commas between as a tuple.
    mutating func tuple(conditional: Bool = true) throws -> Expression {
        var items = [try conditional ? expression() : disjunction()]
        var isTuple = false
        while skip(",") {
            isTuple = true
            if endsTuple { break }
            items.append(try conditional ? expression() : disjunction())
        }
        return isTuple ? .tuple(items) : items[0]
    }

    private var endsTuple: Bool {
        switch current {
        case .outputEnd, .blockEnd, .symbol(")"), .symbol("="), .name("in"), .end: true
        default: false
        }
    }

    /// `a if b else c`
    mutating func expression() throws -> Expression {
        try nested { parser in
            var result = try parser.disjunction()
            var chain = 0
            while parser.skip(name: "if") {
                chain += 1
                guard chain <= Self.maximumChain else { throw parser.failure("a chain of too many conditions") }
                let test = try parser.disjunction()
                let otherwise = parser.skip(name: "else") ? try parser.expression() : nil
                result = .conditional(test: test, then: result, otherwise: otherwise)
            }
            return result
        }
    }

    mutating func disjunction() throws -> Expression {
        var items = [try conjunction()]
        while skip(name: "or") { items.append(try conjunction()) }
        return items.count == 1 ? items[0] : .or(items)
    }

    private mutating func conjunction() throws -> Expression {
        var items = [try negation()]
        while skip(name: "and") { items.append(try negation()) }
        return items.count == 1 ? items[0] : .and(items)
    }

    private mutating func negation() throws -> Expression {
        guard current == .name("not") else { return try comparison() }
        place += 1
        return .not(try nested { try $0.negation() })
    }

    private mutating func comparison() throws -> Expression {
        let first = try sum()
        var rest: [(operation: Comparison, right: Expression)] = []
        while true {
            if case .symbol(let symbol) = current, let operation = Comparison(rawValue: symbol) {
                place += 1
                rest.append((operation, try sum()))
            } else if skip(name: "in") {
                rest.append((.in, try sum()))
            } else if current == .name("not"), following == .name("in") {
                place += 2
                rest.append((.notIn, try sum()))
            } else {
                return rest.isEmpty ? first : .comparison(first, rest)
            }
        }
    }

    private mutating func sum() throws -> Expression {
        try chain(["+", "-"]) { try $0.concatenation() }
    }

    private mutating func concatenation() throws -> Expression {
        var items = [try product()]
        while skip("~") { items.append(try product()) }
        return items.count == 1 ? items[0] : .concatenation(items)
    }

    private mutating func product() throws -> Expression {
        try chain(["*", "/", "//", "%"]) { try $0.power() }
    }

    private mutating func power() throws -> Expression {
        try chain(["**"]) { try $0.unary(filters: true) }
    }

    private mutating func chain(
        _ symbols: Set<String>, _ operand: (inout TemplateParser) throws -> Expression
    ) throws -> Expression {
        let first = try operand(&self)
        var rest: [(operation: Arithmetic, right: Expression)] = []
        while case .symbol(let symbol) = current, symbols.contains(symbol), let operation = Arithmetic(rawValue: symbol)
        {
            place += 1
            rest.append((operation, try operand(&self)))
        }
        return rest.isEmpty ? first : .arithmetic(first, rest)
    }

    private mutating func unary(filters: Bool) throws -> Expression {
        let result: Expression
        if skip("-") {
            result = .negate(try nested { try $0.unary(filters: false) })
        } else if skip("+") {
            result = .plus(try nested { try $0.unary(filters: false) })
        } else {
            result = try primary()
        }
        return try postfix(result, filters: filters)
    }

    private mutating func postfix(_ operand: Expression, filters: Bool) throws -> Expression {
        var result = operand
        var length = 0
        while true {
            length += 1
            guard length <= Self.maximumChain else {
                throw failure("a chain of more than \(Self.maximumChain) attributes, calls and filters")
            }
            switch current {
            case .symbol("."):
                place += 1
                if case .int(let index) = current {
                    place += 1
                    result = .item(result, .constant(.int(index)))
                } else {
                    result = .attribute(result, try name())
                }
            case .symbol("["): result = try item(of: result)
            case .symbol("("): result = .call(result, try arguments())
            case .symbol("|") where filters:
                place += 1
                result = try filter(of: result)
            case .name("is") where filters:
                place += 1
                result = try test(of: result)
            default: return result
            }
        }
    }

    private mutating func item(of operand: Expression) throws -> Expression {
        try expect("[")
        var bounds: [Expression?] = []
        var isSlice = false
        var value: Expression?
        while !skip("]") {
            if skip(":") {
                isSlice = true
                bounds.append(value)
                value = nil
            } else if value == nil {
                value = try isSlice || current == .symbol("(") ? expression() : tuple()
            } else {
                throw failure("expected ']', found \(describe())")
            }
        }
        guard isSlice else {
            guard let value else { throw failure("expected an index, found ']'") }
            return .item(operand, value)
        }
        bounds.append(value)
        guard bounds.count <= 3 else { throw failure("a slice has three parts at most") }
        return .slice(
            operand, SliceBounds(start: bounds[0], stop: bounds[1], step: bounds.count > 2 ? bounds[2] : nil))
    }

    mutating func arguments() throws -> Arguments {
        try expect("(")
        var result = Arguments()
        var isFirst = true
        while !skip(")") {
            if !isFirst { try expect(",") }
            if skip(")") { break }
            isFirst = false
            if current == .symbol("*") || current == .symbol("**") {
                throw failure("unpacked arguments are not supported")
            }
            if case .name(let name) = current, following == .symbol("=") {
                place += 2
                result.named.append((name, try expression()))
            } else {
                guard result.named.isEmpty else { throw failure("a positional argument follows a named one") }
                result.positional.append(try expression())
            }
        }
        return result
    }

    private mutating func dottedName() throws -> String {
        var name = try name()
        while skip(".") { name += "." + (try self.name()) }
        return name
    }

    mutating func filter(of operand: Expression?) throws -> Expression {
        let name = try dottedName()
        return .filter(operand, name, current == .symbol("(") ? try arguments() : Arguments())
    }

    private mutating func test(of operand: Expression) throws -> Expression {
        let isNegated = skip(name: "not")
        let name = try dottedName()
        var arguments = Arguments()
        if current == .symbol("(") {
            arguments = try self.arguments()
        } else if startsTestArgument {
            arguments.positional = [try nested { try $0.postfix(try $0.primary(), filters: false) }]
        }
        let test = Expression.test(operand, name, arguments)
        return isNegated ? .not(test) : test
    }

    private var startsTestArgument: Bool {
        switch current {
        case .name(let name): !["else", "or", "and", "is", "if", "in", "not", "recursive"].contains(name)
        case .string, .int, .double, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    private mutating func primary() throws -> Expression {
        let token = current
        place += 1
        switch token {
        case .name("true"), .name("True"): return .constant(.bool(true))
        case .name("false"), .name("False"): return .constant(.bool(false))
        case .name("none"), .name("None"): return .constant(.none)
        case .name(let name): return .name(name)
        case .int(let value): return .constant(.int(value))
        case .double(let value): return .constant(.double(value))
        case .string(var text):
            while case .string(let more) = current {
                text += more
                place += 1
            }
            return .constant(.text(TemplateText(text)))
        case .symbol("("):
            if skip(")") { return .tuple([]) }
            let value = try nested { try $0.tuple() }
            try expect(")")
            return value
        case .symbol("["):
            var items: [Expression] = []
            while !skip("]") {
                if !items.isEmpty { try expect(",") }
                if skip("]") { break }
                items.append(try expression())
            }
            return .list(items)
        case .symbol("{"):
            var items: [(key: Expression, value: Expression)] = []
            while !skip("}") {
                if !items.isEmpty { try expect(",") }
                if skip("}") { break }
                let key = try expression()
                try expect(":")
                items.append((key, try expression()))
            }
            return .dictionary(items)
        default:
            place -= 1
            throw failure("unexpected \(describe())")
        }
    }
}
