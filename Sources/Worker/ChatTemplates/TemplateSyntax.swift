/// An expression of a parsed template. Chains of equal rank are flat lists, so that long ones do not nest.
indirect enum Expression: Sendable {
    case constant(TemplateValue)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, SliceBounds)
    case call(Expression, Arguments)
    /// The operand is absent in the filters of a block.
    case filter(Expression?, String, Arguments)
    case test(Expression, String, Arguments)
    case negate(Expression)
    case plus(Expression)
    case not(Expression)
    case arithmetic(Expression, [(operation: Arithmetic, right: Expression)])
    case concatenation([Expression])
    case comparison(Expression, [(operation: Comparison, right: Expression)])
    case and([Expression])
    case or([Expression])
    case conditional(test: Expression, then: Expression, otherwise: Expression?)
}

enum Arithmetic: String, Sendable {
    case add = "+", subtract = "-", multiply = "*", divide = "/", floor = "//", modulo = "%", power = "**"
}

enum Comparison: String, Sendable {
    case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", `in` =
        "in", notIn = "not in"
}

struct SliceBounds: Sendable {
    var start: Expression?
    var stop: Expression?
    var step: Expression?
}

/// The arguments of a call, a filter or a test.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
}

/// What `set` and `for` assign to.
indirect enum Target: Sendable {
    case name(String)
    case attribute(String, String)
    case tuple([Target])
}

/// A statement of a parsed template, with its line.
struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case data(TemplateText)
        case output(Expression)
        case branches([(test: Expression, body: [Statement])], otherwise: [Statement])
        case loop(ForStatement)
        case set(Target, Expression)
        case setBlock(Target, filters: [Expression], body: [Statement])
        case filterBlock([Expression], body: [Statement])
        case macro(MacroDefinition)
        case call(Expression, caller: MacroDefinition)
        case generation([Statement])
        case breakLoop
        case continueLoop
    }

    var line: Int
    var kind: Kind
}

/// `for target in items if condition`, with `else` for no items.
final class ForStatement: Sendable {
    let target: Target
    let items: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
    let isRecursive: Bool

    init(
        target: Target, items: Expression, condition: Expression?, body: [Statement], otherwise: [Statement],
        isRecursive: Bool
    ) {
        self.target = target
        self.items = items
        self.condition = condition
        self.body = body
        self.otherwise = otherwise
        self.isRecursive = isRecursive
    }
}

/// A macro's name, parameters with their defaults, and body.
final class MacroDefinition: Sendable {
    let name: String
    let parameters: [(name: String, fallback: Expression?)]
    let body: [Statement]

    init(name: String, parameters: [(name: String, fallback: Expression?)], body: [Statement]) {
        self.name = name
        self.parameters = parameters
        self.body = body
    }
}
