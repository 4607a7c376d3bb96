#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Renders one parsed template once, within limits.
final class Interpreter {
    enum Flow { case onward, breakLoop, continueLoop }

    let limits: TemplateLimits
    let root = Scope()
    /// Seconds since 1970 for `strftime_now`.
    let now: Int
    /// The line of the statement being run, for messages.
    var line = 0
    private(set) var output = TemplateText()
    /// Ranges of the output inside `generation` blocks.
    private(set) var generated: [Range<Int>] = []
    private var steps = 0
    private var madeBytes = 0
    private var depth = 0
    private var captures = 0

    init(limits: TemplateLimits, now: Int) {
        self.limits = limits
        self.now = now
    }

    /// Runs a whole template.
    func render(_ body: [Statement]) throws {
        do {
            _ = try run(body, root)
        } catch var failure as TemplateFailure {
            if failure.line == 0 { failure.line = line }
            throw failure
        }
    }

    // MARK: Limits

    /// Counts work done.
    func spend(_ count: Int = 1) throws {
        // Compared before it is added: a count may be as large as the template asks for.
        guard count <= limits.steps - steps else { throw TemplateFailure(.limit, "more than \(limits.steps) steps") }
        steps += count
    }

    /// Counts text made.
    func charge(_ count: Int) throws {
        guard count <= limits.bytes, (madeBytes + count) / 16 <= limits.bytes else {
            throw TemplateFailure(.limit, "text of more than \(limits.bytes) bytes is made")
        }
        madeBytes += count
    }

    /// Runs `body` one level deeper.
    func nested<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else { throw TemplateFailure(.limit, "nested deeper than \(limits.depth) levels") }
        return try body()
    }

    // MARK: Statements

    func run(_ body: [Statement], _ scope: Scope) throws -> Flow {
        for statement in body {
            line = statement.line
            try spend()
            let flow = try nested { try run(statement.kind, scope) }
            if flow != .onward { return flow }
        }
        return .onward
    }

    private func run(_ kind: Statement.Kind, _ scope: Scope) throws -> Flow {
        switch kind {
        case .data(let text): try emit(text)
        case .output(let expression): try emit(try evaluate(expression, scope).text())
        case .branches(let branches, let otherwise): return try runBranches(branches, otherwise, scope)
        case .loop(let statement):
            let items = try iterate(try evaluate(statement.items, scope))
            return try runLoop(statement, items, depth: 1, scope)
        case .set(let target, let expression): try assign(try evaluate(expression, scope), to: target, scope)
        case .setBlock(let target, let filters, let body):
            let text = try capture { _ = try run(body, Scope(parent: scope)) }
            try assign(try applyFilters(filters, .text(text), scope), to: target, scope)
        case .filterBlock(let filters, let body):
            let text = try capture { _ = try run(body, Scope(parent: scope)) }
            try emit(try applyFilters(filters, .text(text), scope).text())
        case .macro(let definition): scope.set(definition.name, .macro(Macro(definition: definition, scope: nil)))
        case .call(let expression, let caller): try runCall(expression, caller, scope)
        case .generation(let body):
            let start = output.size
            let flow = try run(body, scope)
            if captures == 0, output.size > start { generated.append(start..<output.size) }
            return flow
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .onward
    }

    func emit(_ text: TemplateText) throws {
        try charge(text.size)
        guard output.size + text.size <= limits.bytes else {
            throw TemplateFailure(.limit, "the text is longer than \(limits.bytes) bytes")
        }
        output.append(text)
    }

    /// What `body` writes.
    func capture(_ body: () throws -> Void) throws -> TemplateText {
        let outer = output
        output = TemplateText()
        captures += 1
        defer {
            output = outer
            captures -= 1
        }
        try body()
        return output
    }

    private func runBranches(
        _ branches: [(test: Expression, body: [Statement])], _ otherwise: [Statement], _ scope: Scope
    ) throws -> Flow {
        for branch in branches where try evaluate(branch.test, scope).isTrue { return try run(branch.body, scope) }
        return try run(otherwise, scope)
    }

    func runLoop(_ statement: ForStatement, _ all: [TemplateValue], depth: Int, _ scope: Scope) throws -> Flow {
        var items = all
        if let condition = statement.condition {
            items = try all.filter { item in
                try spend()
                let inner = Scope(parent: scope)
                try assign(item, to: statement.target, inner)
                return try evaluate(condition, inner).isTrue
            }
        }
        if items.isEmpty { return try run(statement.otherwise, Scope(parent: scope)) }
        let state = LoopState(items: items, depth: depth, statement: statement)
        for (index, item) in items.enumerated() {
            try spend()
            state.index = index
            let inner = Scope(parent: scope)
            inner.set("loop", .loop(state))
            try assign(item, to: statement.target, inner)
            if try run(statement.body, inner) == .breakLoop { break }
        }
        return .onward
    }

    private func runCall(_ expression: Expression, _ caller: MacroDefinition, _ scope: Scope) throws {
        guard case .call(let callee, let arguments) = expression else { return }
        var values = try evaluate(arguments, scope)
        values.caller = .macro(Macro(definition: caller, scope: scope))
        try emit(try call(callee, values, scope).text())
    }

    private func applyFilters(_ filters: [Expression], _ value: TemplateValue, _ scope: Scope) throws -> TemplateValue {
        var value = value
        for case .filter(_, let name, let arguments) in filters {
            value = try apply(filter: name, to: value, try evaluate(arguments, scope), scope)
        }
        return value
    }

    func assign(_ value: TemplateValue, to target: Target, _ scope: Scope) throws {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope[name] else {
                throw TemplateFailure.evaluation("cannot assign to '\(name).\(attribute)': '\(name)' is no namespace")
            }
            try namespace.set(attribute, value)
        case .tuple(let targets):
            let items = try iterate(value)
            guard items.count == targets.count else {
                throw TemplateFailure.evaluation("cannot unpack \(items.count) values into \(targets.count) names")
            }
            for (target, item) in zip(targets, items) { try nested { try assign(item, to: target, scope) } }
        }
    }

    /// The items of a value, as a `for` sees them.
    func iterate(_ value: TemplateValue) throws -> [TemplateValue] {
        switch value {
        case .list(let list): return list.items
        case .dictionary(let dictionary): return dictionary.keys.map(\.value)
        case .text(let text):
            try spend(text.count)
            return text.scalars.map { .text($0) }
        case .undefined: return []
        default: throw TemplateFailure.evaluation("a \(value.typeName) cannot be walked through")
        }
    }

    /// The local time now, written as `strftime` does.
    func time(_ format: String) throws -> TemplateText {
        guard format.utf8.count < 1000, !format.utf8.contains(0) else {
            throw TemplateFailure.evaluation("a time format is too long")
        }
        var seconds = time_t(now)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else {
            throw TemplateFailure.evaluation("the time \(now) has no date")
        }
        var buffer = [CChar](repeating: 0, count: 8192)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return TemplateText(String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
