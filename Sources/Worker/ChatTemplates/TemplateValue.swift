/// A value inside a template: what JSON has, and what only templates have.
package enum TemplateValue: Sendable {
    /// A name without a value; renders as nothing, and its attributes are errors.
    case undefined(String)
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(TemplateText)
    case list(TemplateList)
    case dictionary(TemplateDictionary)
    case namespace(TemplateNamespace)
    case loop(LoopState)
    case macro(Macro)
    /// A method or a global function that is looked at rather than called.
    case function(String)

    /// A string of data.
    package static func data(_ string: String) -> TemplateValue { .text(TemplateText(string, isData: true)) }

    /// A string of data whose number every text that is made of it carries along.
    package static func data(_ string: String, source: Int32) -> TemplateValue {
        .text(TemplateText(string, isData: true, sources: [source]))
    }

    /// A string that may hold control tokens, such as the name of the BOS.
    package static func trusted(_ string: String) -> TemplateValue { .text(TemplateText(string)) }

    /// How deep lists and dictionaries are nested in it.
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        default: 0
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .text(let text): !text.isEmpty
        case .list(let list): !list.items.isEmpty
        case .dictionary(let dictionary): dictionary.count > 0
        case .namespace, .loop, .macro, .function: true
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// Python's name of the type, for messages.
    var typeName: String {
        switch self {
        case .undefined(let name): "undefined value '\(name)'"
        case .none: "None"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .text: "str"
        case .list(let list): list.isTuple ? "tuple" : "list"
        case .dictionary: "dict"
        case .namespace: "namespace"
        case .loop: "loop"
        case .macro: "macro"
        case .function(let name): "function \(name)"
        }
    }

    /// The numbers of the data that texts in it came from.
    var sources: Set<Int32> {
        switch self {
        case .text(let text): text.sources
        case .list(let list): list.items.reduce(into: []) { $0.formUnion($1.sources) }
        case .dictionary(let dictionary):
            (dictionary.keys.map(\.value) + dictionary.values).reduce(into: []) { $0.formUnion($1.sources) }
        default: []
        }
    }

    /// Whether any text in it came from data.
    var isTouchedByData: Bool {
        switch self {
        case .text(let text): text.isTouchedByData
        case .list(let list): list.items.contains { $0.isTouchedByData }
        case .dictionary(let dictionary):
            dictionary.keys.contains { $0.value.isTouchedByData } || dictionary.values.contains { $0.isTouchedByData }
        default: false
        }
    }
}

/// A list or a tuple. Immutable, and never nested deeper than `limit`, so that walking it cannot exhaust the stack.
package struct TemplateList: Sendable {
    package static let limit = 100

    package let items: [TemplateValue]
    let isTuple: Bool
    let depth: Int

    package init(_ items: [TemplateValue], isTuple: Bool = false) throws {
        self.items = items
        self.isTuple = isTuple
        depth = try Self.depth(of: items)
    }

    static func depth(of items: [TemplateValue]) throws -> Int {
        var depth = 1
        for item in items {
            switch item {
            case .namespace, .loop, .macro:
                throw TemplateFailure.evaluation("a \(item.typeName) cannot be put into a list or dict")
            default: depth = max(depth, item.depth + 1)
            }
        }
        guard depth <= limit else { throw TemplateFailure(.limit, "lists and dicts are nested deeper than \(limit)") }
        return depth
    }
}

/// `namespace(...)`: the one thing that a template can change. A namespace cannot hold another one: it could hold
/// itself then.
///
/// Unchecked because a rendering makes it, and rendering is one thread's.
package final class TemplateNamespace: @unchecked Sendable {
    private(set) var values: TemplateDictionary

    init(_ values: TemplateDictionary) { self.values = values }

    func set(_ name: String, _ value: TemplateValue) throws {
        try values.set(.text(TemplateText(name).bytes), value)
    }
}

/// A macro of the template; its body stays in the parsed template.
package struct Macro: Sendable {
    let definition: MacroDefinition
    /// Where names are looked up: the place of the call block for its `caller`, otherwise the top of the template.
    let scope: Scope?
}
