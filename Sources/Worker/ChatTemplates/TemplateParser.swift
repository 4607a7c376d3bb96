/// Reads tokens into statements.
struct TemplateParser {
    /// How deep source may nest, and how long a chain of attributes, calls and filters may be.
    static let maximumDepth = 60
    static let maximumChain = 40

    let tokens: [TemplateToken]
    var place = 0
    var depth = 0
    private var loops = 0

    static func parse(_ source: String) throws -> [Statement] {
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source))
        let body = try parser.statements(until: [])
        guard parser.current == .end else { throw parser.failure("unexpected \(parser.describe())") }
        return body
    }

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    // MARK: Tokens

    var current: TemplateToken.Kind { tokens[min(place, tokens.count - 1)].kind }
    var following: TemplateToken.Kind { tokens[min(place + 1, tokens.count - 1)].kind }
    var line: Int { tokens[min(place, tokens.count - 1)].line }

    func failure(_ message: String) -> TemplateFailure { TemplateFailure(.syntax, line: line, message) }

    func describe() -> String {
        switch current {
        case .data: "text"
        case .blockBegin: "'{%'"
        case .blockEnd: "end of the block tag"
        case .outputBegin: "'{{'"
        case .outputEnd: "end of the print statement"
        case .name(let name): "'\(name)'"
        case .string(let text): "string '\(text.prefix(40))'"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "end of the template"
        }
    }

    mutating func skip(_ symbol: String) -> Bool {
        guard current == .symbol(symbol) else { return false }
        place += 1
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard current == .name(name) else { return false }
        place += 1
        return true
    }

    mutating func expect(_ symbol: String) throws {
        guard skip(symbol) else { throw failure("expected '\(symbol)', found \(describe())") }
    }

    mutating func expect(_ kind: TemplateToken.Kind, _ what: String) throws {
        guard current == kind else { throw failure("expected \(what), found \(describe())") }
        place += 1
    }

    mutating func name() throws -> String {
        guard case .name(let name) = current else { throw failure("expected a name, found \(describe())") }
        place += 1
        return name
    }

    /// Runs `body` one level deeper.
    mutating func nested<Result>(_ body: (inout TemplateParser) throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        return try body(&self)
    }

    // MARK: Statements

    /// The statements up to a tag of one of these names, whose name is then current.
    private mutating func statements(until ends: [String]) throws -> [Statement] {
        var result: [Statement] = []
        while true {
            let line = line
            switch current {
            case .data(let text):
                place += 1
                result.append(Statement(line: line, kind: .data(TemplateText(text))))
            case .outputBegin:
                place += 1
                let value = try tuple()
                try expect(.outputEnd, "'}}'")
                result.append(Statement(line: line, kind: .output(value)))
            case .blockBegin:
                place += 1
                if case .name(let name) = current, ends.contains(name) { return result }
                let kind = try nested { try $0.statement() }
                result.append(Statement(line: line, kind: kind))
            case .end:
                guard ends.isEmpty else {
                    throw failure("the template ends before '\(ends.joined(separator: "' or '"))'")
                }
                return result
            default: throw failure("unexpected \(describe())")
            }
        }
    }

    private mutating func body(until end: String) throws -> [Statement] {
        try expect(.blockEnd, "'%}'")
        let body = try statements(until: [end])
        place += 1
        try expect(.blockEnd, "'%}'")
        return body
    }

    private mutating func statement() throws -> Statement.Kind {
        let tag = try name()
        switch tag {
        case "if": return try branches()
        case "for": return try loop()
        case "set": return try assignment()
        case "macro":
            let name = try name()
            return .macro(try macro(name: name, end: "endmacro"))
        case "call":
            var parameters: [(name: String, fallback: Expression?)] = []
            if current == .symbol("(") { parameters = try self.parameters() }
            let call = try expression()
            guard case .call = call else { throw failure("'call' needs the call of a macro") }
            let body = try withoutLoop { try $0.body(until: "endcall") }
            return .call(call, caller: MacroDefinition(name: "caller", parameters: parameters, body: body))
        case "filter":
            let filters = try filterChain(needsFirst: true)
            return .filterBlock(filters, body: try body(until: "endfilter"))
        case "generation": return .generation(try body(until: "endgeneration"))
        case "break", "continue":
            guard loops > 0 else { throw failure("'\(tag)' outside of a loop") }
            try expect(.blockEnd, "'%}'")
            return tag == "break" ? .breakLoop : .continueLoop
        default: throw failure("the tag '\(tag)' is not one of a chat template")
        }
    }

    private mutating func branches() throws -> Statement.Kind {
        var result: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try tuple(conditional: false)
            try expect(.blockEnd, "'%}'")
            let body = try statements(until: ["elif", "else", "endif"])
            result.append((test, body))
            let next = try name()
            if next == "elif" { continue }
            var otherwise: [Statement] = []
            if next == "else" {
                otherwise = try self.body(until: "endif")
            } else {
                try expect(.blockEnd, "'%}'")
            }
            return .branches(result, otherwise: otherwise)
        }
    }

    private mutating func loop() throws -> Statement.Kind {
        let target = try target(namespace: false)
        guard skip(name: "in") else { throw failure("expected 'in', found \(describe())") }
        let items = try tuple(conditional: false)
        let condition = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        try expect(.blockEnd, "'%}'")
        loops += 1
        let body = try statements(until: ["else", "endfor"])
        loops -= 1
        var otherwise: [Statement] = []
        if try name() == "else" {
            otherwise = try self.body(until: "endfor")
        } else {
            try expect(.blockEnd, "'%}'")
        }
        return .loop(
            ForStatement(
                target: target, items: items, condition: condition, body: body, otherwise: otherwise,
                isRecursive: isRecursive))
    }

    private mutating func assignment() throws -> Statement.Kind {
        let target = try target(namespace: true)
        if skip("=") {
            let value = try tuple()
            try expect(.blockEnd, "'%}'")
            return .set(target, value)
        }
        let filters = try filterChain(needsFirst: false)
        return .setBlock(target, filters: filters, body: try body(until: "endset"))
    }

    private mutating func macro(name: String, end: String) throws -> MacroDefinition {
        let parameters = try parameters()
        return MacroDefinition(name: name, parameters: parameters, body: try withoutLoop { try $0.body(until: end) })
    }

    /// `break` in a macro does not reach a loop around it.
    private mutating func withoutLoop(_ read: (inout TemplateParser) throws -> [Statement]) throws -> [Statement] {
        let outer = loops
        loops = 0
        defer { loops = outer }
        return try read(&self)
    }

    private mutating func parameters() throws -> [(name: String, fallback: Expression?)] {
        try expect("(")
        var result: [(name: String, fallback: Expression?)] = []
        while !skip(")") {
            if !result.isEmpty { try expect(",") }
            if skip(")") { break }
            let name = try name()
            let fallback = skip("=") ? try expression() : nil
            if fallback == nil, result.last?.fallback != nil {
                throw failure("'\(name)' needs a default, as the one before has")
            }
            result.append((name, fallback))
        }
        return result
    }

    private mutating func target(namespace: Bool) throws -> Target {
        var targets: [Target] = []
        var isTuple = false
        repeat {
            if isTuple, !startsTarget { break }
            if skip("(") {
                targets.append(try nested { try $0.target(namespace: namespace) })
                try expect(")")
            } else {
                let name = try name()
                guard !["true", "false", "none", "True", "False", "None", "loop"].contains(name) else {
                    throw failure("cannot assign to '\(name)'")
                }
                if namespace, skip(".") {
                    targets.append(.attribute(name, try self.name()))
                } else {
                    targets.append(.name(name))
                }
            }
            if current == .symbol(",") { isTuple = true }
        } while skip(",")
        return isTuple ? .tuple(targets) : targets[0]
    }

    private var startsTarget: Bool {
        if case .name(let name) = current { return name != "in" }
        return current == .symbol("(")
    }

    private mutating func filterChain(needsFirst: Bool) throws -> [Expression] {
        var result: [Expression] = []
        if needsFirst { result.append(try filter(of: nil)) }
        while skip("|") {
            guard result.count < Self.maximumChain else {
                throw failure("a chain of more than \(Self.maximumChain) filters")
            }
            result.append(try filter(of: nil))
        }
        return result
    }
}
