import EvaluationMetrics
import Foundation
import Nouns

/// Checks one value against one schema, keyword by keyword, in the words of the specification.
struct SchemaCheck {
    /// The most rules that one value is checked by, counted as often as they are: a schema may refer to itself in
    /// several places, and so ask twice as much at each step.
    static let mostRules = 100_000

    /// What keeps a check from being brought to its end. It stands apart from faults, since a `not` or an `anyOf` may
    /// want those.
    final class Trouble {
        var rules = 0
        var fault: SchemaFault?
    }

    let schema: JSONSchema
    let trouble = Trouble()

    /// Everything that is wrong with a value; the one thing that kept it from being told, where there is such a thing.
    func faults(of value: JSONValue) -> [SchemaFault] {
        let outcome = check(value, schema.root, at: "", depth: 0)
        return trouble.fault.map { [$0] } ?? outcome.faults
    }

    /// What came of a schema at one place of the value: faults, and which members and elements it looked at (for
    /// `unevaluated…`).
    struct Outcome {
        var faults: [SchemaFault] = []
        var members: Set<String> = []
        var elements: Set<Int> = []

        mutating func add(_ fault: SchemaFault) { if faults.count < 100 { faults.append(fault) } }
        /// Takes over faults, and annotations where there are none.
        mutating func take(_ other: Outcome) {
            for fault in other.faults { add(fault) }
            if other.faults.isEmpty { takeSeen(other) }
        }
        mutating func takeSeen(_ other: Outcome) {
            members.formUnion(other.members)
            elements.formUnion(other.elements)
        }
    }

    func check(_ value: JSONValue, _ rule: JSONValue, at pointer: String, depth: Int) -> Outcome {
        var outcome = Outcome()
        func fail(_ message: String) { outcome.add(SchemaFault(pointer: pointer, message: message)) }
        if case .bool(let allowed) = rule {
            if !allowed { fail("is not allowed") }
            return outcome
        }
        guard let keys = rule.objectValue else { return outcome }
        trouble.rules += 1
        guard trouble.rules <= Self.mostRules else {
            trouble.fault =
                trouble.fault
                ?? SchemaFault(
                    pointer: pointer,
                    message: "takes more than \(Self.mostRules) rules to be checked, so the schema needs to be simpler")
            return outcome
        }
        // A schema may refer to itself without end.
        guard depth < 200 else {
            fail("is checked by a schema that never ends")
            return outcome
        }
        if let reference = keys["$ref"]?.stringValue, let other = schema.resolve(reference) {
            outcome.take(check(value, other, at: pointer, depth: depth + 1))
        }
        if let type = keys["type"] {
            let names = type.stringValue.map { [$0] } ?? type.arrayValue?.compactMap(\.stringValue) ?? []
            if !names.contains(where: { Self.isA(value, $0) }) { fail("is not \(names.joined(separator: " or "))") }
        }
        if let choices = keys["enum"]?.arrayValue, !choices.contains(where: { Self.equal($0, value) }) {
            fail("is none of the values of enum")
        }
        if let constant = keys["const"], !Self.equal(constant, value) { fail("is not the constant") }
        if let number = value.doubleValue { checkNumber(number, keys, fail) }
        if let text = value.stringValue { checkText(text, keys, pointer, fail) }
        combine(value, keys, pointer, depth, &outcome)
        if let elements = value.arrayValue { checkElements(elements, keys, pointer, depth, &outcome) }
        if let members = value.objectValue { checkMembers(members, keys, pointer, depth, &outcome) }
        return outcome
    }

    private func checkNumber(_ number: Double, _ keys: [String: JSONValue], _ fail: (String) -> Void) {
        if let limit = keys["maximum"]?.doubleValue, number > limit { fail("is above the maximum of \(limit)") }
        if let limit = keys["minimum"]?.doubleValue, number < limit { fail("is below the minimum of \(limit)") }
        if let limit = keys["exclusiveMaximum"]?.doubleValue, number >= limit { fail("is not below \(limit)") }
        if let limit = keys["exclusiveMinimum"]?.doubleValue, number <= limit { fail("is not above \(limit)") }
        if let unit = keys["multipleOf"]?.doubleValue {
            let quotient = number / unit
            if quotient.isFinite ? quotient != quotient.rounded() : fmod(number, unit) != 0 {
                fail("is not a multiple of \(unit)")
            }
        }
    }

    private func checkText(
        _ text: String, _ keys: [String: JSONValue], _ pointer: String, _ fail: (String) -> Void
    ) {
        let length = Double(text.unicodeScalars.count)
        if let limit = keys["maxLength"]?.doubleValue, length > limit { fail("is longer than \(limit) characters") }
        if let limit = keys["minLength"]?.doubleValue, length < limit { fail("is shorter than \(limit) characters") }
        guard let pattern = keys["pattern"]?.stringValue else { return }
        if !matches(text, pattern, at: pointer) { fail("does not match '\(pattern)'") }
    }

    /// Whether a pattern is found anywhere in a text. One that takes too long ends the whole check.
    private func matches(_ text: String, _ pattern: String, at pointer: String) -> Bool {
        switch BoundedRegex(pattern).search(text) {
        case .found: return true
        case .absent, .invalid: return false
        case .tooLong:
            let message = "takes too long to be matched with '\(pattern)', which needs a simpler expression"
            trouble.fault = trouble.fault ?? SchemaFault(pointer: pointer, message: message)
            trouble.rules = Self.mostRules
            return false
        }
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`, `if`, `dependentSchemas`.
    private func combine(
        _ value: JSONValue, _ keys: [String: JSONValue], _ pointer: String, _ depth: Int, _ outcome: inout Outcome
    ) {
        func inner(_ rule: JSONValue) -> Outcome { check(value, rule, at: pointer, depth: depth + 1) }
        for rule in keys["allOf"]?.arrayValue ?? [] { outcome.take(inner(rule)) }
        if let rules = keys["anyOf"]?.arrayValue {
            let fits = rules.map(inner).filter(\.faults.isEmpty)
            if fits.isEmpty { outcome.add(SchemaFault(pointer: pointer, message: "fits none of anyOf")) }
            for one in fits { outcome.takeSeen(one) }
        }
        if let rules = keys["oneOf"]?.arrayValue {
            let fits = rules.map(inner).filter(\.faults.isEmpty)
            if fits.count != 1 {
                outcome.add(SchemaFault(pointer: pointer, message: "fits \(fits.count) of oneOf instead of one"))
            }
            for one in fits { outcome.takeSeen(one) }
        }
        if let rule = keys["not"], inner(rule).faults.isEmpty {
            outcome.add(SchemaFault(pointer: pointer, message: "fits what it must not"))
        }
        if let rule = keys["if"] {
            let condition = inner(rule)
            if condition.faults.isEmpty { outcome.takeSeen(condition) }
            if let next = keys[condition.faults.isEmpty ? "then" : "else"] { outcome.take(inner(next)) }
        }
        for (name, rule) in keys["dependentSchemas"]?.objectValue ?? [:] where value.objectValue?[name] != nil {
            outcome.take(inner(rule))
        }
    }

    private func checkElements(
        _ elements: [JSONValue], _ keys: [String: JSONValue], _ pointer: String, _ depth: Int, _ outcome: inout Outcome
    ) {
        func fail(_ message: String) { outcome.add(SchemaFault(pointer: pointer, message: message)) }
        func inner(_ index: Int, _ rule: JSONValue) -> [SchemaFault] {
            check(elements[index], rule, at: "\(pointer)/\(index)", depth: depth + 1).faults
        }
        if let limit = keys["maxItems"]?.doubleValue, Double(elements.count) > limit {
            fail("has more than \(limit) elements")
        }
        if let limit = keys["minItems"]?.doubleValue, Double(elements.count) < limit {
            fail("has fewer than \(limit) elements")
        }
        if keys["uniqueItems"] == .bool(true) {
            for index in elements.indices where elements[..<index].contains(where: { Self.equal($0, elements[index]) })
            {
                fail("has an element twice")
                break
            }
        }
        let first = keys["prefixItems"]?.arrayValue ?? []
        for index in elements.indices.prefix(first.count) {
            inner(index, first[index]).forEach { outcome.add($0) }
            outcome.elements.insert(index)
        }
        if let rule = keys["items"] {
            for index in elements.indices.dropFirst(first.count) {
                inner(index, rule).forEach { outcome.add($0) }
                outcome.elements.insert(index)
            }
        }
        if let rule = keys["contains"] {
            let fits = elements.indices.filter { inner($0, rule).isEmpty }
            let least = keys["minContains"]?.doubleValue ?? 1
            if Double(fits.count) < least { fail("contains fewer than \(least) of what is asked for") }
            if let most = keys["maxContains"]?.doubleValue, Double(fits.count) > most {
                fail("contains more than \(most) of what is asked for")
            }
            outcome.elements.formUnion(fits)
        }
        if let rule = keys["unevaluatedItems"] {
            for index in elements.indices where !outcome.elements.contains(index) {
                inner(index, rule).forEach { outcome.add($0) }
                outcome.elements.insert(index)
            }
        }
    }

    private func checkMembers(
        _ members: [String: JSONValue], _ keys: [String: JSONValue], _ pointer: String, _ depth: Int,
        _ outcome: inout Outcome
    ) {
        func fail(_ message: String) { outcome.add(SchemaFault(pointer: pointer, message: message)) }
        func inner(_ name: String, _ rule: JSONValue) {
            guard let value = members[name] else { return }
            check(value, rule, at: "\(pointer)/\(name)", depth: depth + 1).faults.forEach { outcome.add($0) }
            outcome.members.insert(name)
        }
        if let limit = keys["maxProperties"]?.doubleValue, Double(members.count) > limit {
            fail("has more than \(limit) members")
        }
        if let limit = keys["minProperties"]?.doubleValue, Double(members.count) < limit {
            fail("has fewer than \(limit) members")
        }
        for name in keys["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where members[name] == nil {
            fail("lacks '\(name)'")
        }
        for (name, others) in keys["dependentRequired"]?.objectValue ?? [:] where members[name] != nil {
            for other in others.arrayValue?.compactMap(\.stringValue) ?? [] where members[other] == nil {
                fail("has '\(name)' but lacks '\(other)'")
            }
        }
        if let rule = keys["propertyNames"] {
            for name in members.keys
            where !check(.string(name), rule, at: "\(pointer)/\(name)", depth: depth + 1).faults.isEmpty {
                fail("has a member whose name '\(name)' is not allowed")
            }
        }
        let named = keys["properties"]?.objectValue ?? [:]
        for (name, rule) in named { inner(name, rule) }
        let patterns = keys["patternProperties"]?.objectValue ?? [:]
        for (pattern, rule) in patterns {
            for name in members.keys where matches(name, pattern, at: pointer) { inner(name, rule) }
        }
        if let rule = keys["additionalProperties"] {
            for name in members.keys where named[name] == nil {
                if !patterns.keys.contains(where: { matches(name, $0, at: pointer) }) { inner(name, rule) }
            }
        }
        if let rule = keys["unevaluatedProperties"] {
            for name in members.keys where !outcome.members.contains(name) { inner(name, rule) }
        }
    }

    // MARK: Values

    private static func isA(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
            ("integer", .integer), ("number", .integer),
            ("number", .number):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }

    /// Equality of JSON values: 1 and 1.0 are the same number.
    static func equal(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.array(let x), .array(let y)): x.count == y.count && zip(x, y).allSatisfy { equal($0, $1) }
        case (.object(let x), .object(let y)):
            x.count == y.count && x.allSatisfy { key, value in y[key].map { equal(value, $0) } ?? false }
        case (.integer(let x), .integer(let y)): x == y
        case (.integer, .number), (.number, .integer), (.number, .number): a.doubleValue == b.doubleValue
        default: a == b
        }
    }
}
