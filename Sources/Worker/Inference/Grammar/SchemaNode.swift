import Nouns

/// What JSON a schema allows, as far as it can be decided byte by byte.
final class SchemaNode {
    enum Kind: String, CaseIterable {
        case object, array, string, number, integer, boolean, null
    }

    var kinds: Set<Kind> = Set(Kind.allCases)
    /// One of them has to hold, and nothing else is looked at; nil: there are no alternatives.
    var alternatives: [SchemaNode]?
    /// The only texts that a string may be.
    var texts: [String]?
    /// The only spellings that a number may have.
    var numbers: [String]?
    /// The only truth value.
    var flag: Bool?
    var shortest = 0
    var longest = Int.max
    var properties: [String: SchemaNode] = [:]
    var required: Set<String> = []
    /// What members of other names may be; nil: there may be none.
    var additional: SchemaNode?
    var first: [SchemaNode] = []
    /// What elements after `first` may be; nil: there may be none.
    var items: SchemaNode?
    var fewest = 0
    var most = Int.max

    init() {}

    func element(_ index: Int) -> SchemaNode? { index < first.count ? first[index] : items }
}

/// A schema's nodes, which may refer to each other and to themselves.
final class Schema {
    let root: SchemaNode
    private let nodes: [SchemaNode]

    fileprivate init(root: SchemaNode, nodes: [SchemaNode]) {
        self.root = root
        self.nodes = nodes
    }

    // Nodes that refer to themselves would hold each other for ever.
    deinit {
        for node in nodes {
            (node.alternatives, node.additional, node.items) = (nil, nil, nil)
            (node.properties, node.first) = ([:], [])
        }
    }
}

/// Reads JSON Schemas into ``SchemaNode``s. A keyword that is not known, or that cannot be decided while an answer is
/// being written, is refused by name.
struct SchemaReader {
    private static let notes: Set<String> = [
        "title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "readOnly",
        "writeOnly", "$defs", "definitions",
    ]
    private static let deepest = 64

    private let root: JSONValue
    private var known: [String: SchemaNode] = [:]
    private var nodes: [SchemaNode] = []
    /// Any value at all, members and elements included.
    private let anything = SchemaNode()

    private init(_ root: JSONValue) {
        self.root = root
        (anything.additional, anything.items) = (anything, anything)
        nodes = [anything]
    }

    private mutating func new() -> SchemaNode {
        let node = SchemaNode()
        nodes.append(node)
        return node
    }

    /// What the whole schema allows. Throws a Failure that names the keyword and its place.
    static func read(_ schema: JSONValue) throws -> Schema {
        var reader = SchemaReader(schema)
        let root: SchemaNode
        do { root = try reader.node(schema, "#", depth: 0) } catch {
            _ = Schema(root: reader.anything, nodes: reader.nodes)
            throw error
        }
        let whole = Schema(root: root, nodes: reader.nodes)
        guard isPossible(root) else {
            throw refused("#", "nothing fits the schema", "Change it so that some value does.")
        }
        return whole
    }

    private mutating func node(_ schema: JSONValue, _ place: String, depth: Int) throws -> SchemaNode {
        guard depth < Self.deepest else {
            throw Self.refused(place, "the schema is nested too deeply", "Make it flatter.")
        }
        if case .bool(true) = schema { return anything }
        guard let members = schema.objectValue else {
            throw Self.refused(place, "it is no schema", "Give an object.")
        }
        let node = new()
        (node.additional, node.items) = (anything, anything)
        if let reference = members["$ref"] { return try self.reference(reference, members, place, depth: depth) }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            try apply(key, value, to: node, place + "/" + key, depth: depth)
        }
        return node
    }

    private mutating func reference(_ value: JSONValue, _ members: [String: JSONValue], _ place: String, depth: Int)
        throws -> SchemaNode
    {
        guard let path = value.stringValue, path.hasPrefix("#") else {
            throw Self.refused(place + "/$ref", "only references within the schema are followed", "Write `#/$defs/…`.")
        }
        if let other = members.keys.first(where: { $0 != "$ref" && !Self.notes.contains($0) }) {
            throw Self.refused(place + "/" + other, "'\(other)' beside '$ref' is not supported", "Move it away.")
        }
        if let node = known[path] { return node }
        // Known before it is read: a schema may refer to itself.
        let node = new()
        known[path] = node
        var target = root
        for part in path.dropFirst().split(separator: "/") {
            let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = target[name] else {
                throw Self.refused(place + "/$ref", "there is nothing at '\(path)'", "Mend the reference.")
            }
            target = next
        }
        node.alternatives = [try self.node(target, path, depth: depth + 1)]
        return node
    }

    private mutating func apply(
        _ key: String, _ value: JSONValue, to node: SchemaNode, _ place: String, depth: Int
    ) throws {
        func number(_ value: JSONValue) throws -> Int {
            guard case .integer(let number) = value, number >= 0 else {
                throw Self.refused(place, "it is no whole number", "Give 0 or more.")
            }
            return Int(number)
        }
        switch key {
        case "type":
            let names = value.arrayValue ?? [value]
            node.kinds.formIntersection(
                try names.map { name in
                    guard let kind = name.stringValue.flatMap(SchemaNode.Kind.init(rawValue:)) else {
                        throw Self.refused(place, "it is no type", "Give one of the seven types of JSON Schema.")
                    }
                    return kind
                })
        case "enum":
            guard let values = value.arrayValue, !values.isEmpty else {
                throw Self.refused(place, "it is no list of values", "Give at least one.")
            }
            node.alternatives = try values.map { try constant($0, place, depth: depth + 1) }
        case "const": node.alternatives = [try constant(value, place, depth: depth + 1)]
        case "anyOf":
            guard let schemas = value.arrayValue, !schemas.isEmpty else {
                throw Self.refused(place, "it is no list of schemas", "Give at least one.")
            }
            node.alternatives = try schemas.enumerated().map {
                try self.node($0.element, "\(place)/\($0.offset)", depth: depth + 1)
            }
        case "minLength": node.shortest = try number(value)
        case "maxLength": node.longest = try number(value)
        case "minItems": node.fewest = try number(value)
        case "maxItems": node.most = try number(value)
        case "properties":
            for (name, schema) in value.objectValue ?? [:] {
                node.properties[name] = try self.node(schema, place + "/" + name, depth: depth + 1)
            }
        case "required": node.required = Set((value.arrayValue ?? []).compactMap(\.stringValue))
        case "additionalProperties":
            node.additional = value == .bool(false) ? nil : try self.node(value, place, depth: depth + 1)
        case "items": node.items = value == .bool(false) ? nil : try self.node(value, place, depth: depth + 1)
        case "prefixItems":
            node.first = try (value.arrayValue ?? []).enumerated().map {
                try self.node($0.element, "\(place)/\($0.offset)", depth: depth + 1)
            }
        case _ where Self.notes.contains(key): break
        default:
            throw Self.refused(
                place, "the keyword '\(key)' cannot be held while an answer is written", "Leave it out.")
        }
        try checkSides(node, key, place)
    }

    /// Alternatives stand for the whole schema: what stands beside them would not be looked at.
    private func checkSides(_ node: SchemaNode, _ key: String, _ place: String) throws {
        guard let alternatives = node.alternatives else { return }
        switch key {
        case "type":
            // A type beside values only says once more what they are.
            node.alternatives = alternatives.filter { !$0.kinds.isDisjoint(with: node.kinds) }
        case "enum", "const", "anyOf": node.kinds = Set(SchemaNode.Kind.allCases)
        case _ where Self.notes.contains(key): break
        default:
            throw Self.refused(place, "'\(key)' beside alternatives is not supported", "Move it into each of them.")
        }
    }

    /// Exactly one value.
    private mutating func constant(_ value: JSONValue, _ place: String, depth: Int) throws -> SchemaNode {
        guard depth < Self.deepest else {
            throw Self.refused(place, "the value is nested too deeply", "Make it flatter.")
        }
        let node = new()
        switch value {
        case .null: node.kinds = [.null]
        case .bool(let flag): (node.kinds, node.flag) = ([.boolean], flag)
        case .integer(let number): (node.kinds, node.numbers) = ([.integer], ["\(number)"])
        case .number(let number): (node.kinds, node.numbers) = ([.number], ["\(number)"])
        case .string(let text): (node.kinds, node.texts) = ([.string], [text])
        case .array(let values):
            node.kinds = [.array]
            node.first = try values.map { try constant($0, place, depth: depth + 1) }
            (node.fewest, node.most) = (values.count, values.count)
        case .object(let members):
            node.kinds = [.object]
            node.properties = try members.mapValues { try constant($0, place, depth: depth + 1) }
            node.required = Set(members.keys)
        }
        return node
    }

    /// Whether some finite value fits: what needs itself never ends.
    private static func isPossible(_ root: SchemaNode) -> Bool {
        var seen: [ObjectIdentifier: SchemaNode] = [:]
        var all: [SchemaNode] = [root]
        while let node = all.popLast() {
            guard seen.updateValue(node, forKey: ObjectIdentifier(node)) == nil else { continue }
            all += node.alternatives ?? []
            all += Array(node.properties.values) + node.first + [node.additional, node.items].compactMap(\.self)
        }
        var possible: Set<ObjectIdentifier> = []
        func isPossible(_ node: SchemaNode?) -> Bool { node.map { possible.contains(ObjectIdentifier($0)) } ?? false }
        func fits(_ node: SchemaNode) -> Bool {
            if let alternatives = node.alternatives { return alternatives.contains { isPossible($0) } }
            return node.kinds.contains { kind in
                switch kind {
                case .string: node.shortest <= node.longest
                case .array:
                    node.fewest <= node.most && (0..<min(node.fewest, 4096)).allSatisfy { isPossible(node.element($0)) }
                case .object: node.required.allSatisfy { isPossible(node.properties[$0] ?? node.additional) }
                case .number, .integer, .boolean, .null: true
                }
            }
        }
        var grew = true
        while grew {
            grew = false
            for (id, node) in seen where !possible.contains(id) && fits(node) {
                possible.insert(id)
                grew = true
            }
        }
        prune(seen, possible)
        return isPossible(root)
    }

    /// Takes out what cannot be finished, so that whatever is begun has an end.
    private static func prune(_ nodes: [ObjectIdentifier: SchemaNode], _ possible: Set<ObjectIdentifier>) {
        func keep(_ node: SchemaNode?) -> SchemaNode? {
            node.flatMap { possible.contains(ObjectIdentifier($0)) ? $0 : nil }
        }
        for node in nodes.values {
            node.alternatives = node.alternatives.map { $0.filter { keep($0) != nil } }
            // A name whose value cannot be written may not be begun.
            for (name, value) in node.properties where keep(value) == nil { node.properties[name] = .impossible }
            node.additional = keep(node.additional)
            node.items = keep(node.items)
            if let end = node.first.firstIndex(where: { keep($0) == nil }) {
                node.first = Array(node.first[..<end])
                node.items = nil
                node.most = min(node.most, end)
            }
            if node.fewest > node.most { node.kinds.remove(.array) }
            if node.shortest > node.longest { node.kinds.remove(.string) }
            if node.required.contains(where: { (node.properties[$0] ?? node.additional)?.isImpossible ?? true }) {
                node.kinds.remove(.object)
            }
            if node.items == nil { node.most = min(node.most, node.first.count) }
        }
    }

    private static func refused(_ place: String, _ what: String, _ remedy: String) -> Failure {
        Failure(
            code: "request.schema", "In the schema at \(place), \(what).", at: "format.schema\(place.dropFirst())",
            remedy: remedy)
    }
}

extension SchemaNode {
    /// What no value fits.
    static var impossible: SchemaNode {
        let node = SchemaNode()
        node.kinds = []
        return node
    }
    var isImpossible: Bool { alternatives == nil && kinds.isEmpty }
}
