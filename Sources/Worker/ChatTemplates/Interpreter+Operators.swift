#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Arithmetic and comparison, as Python has them.
extension Interpreter {
    private static let tooLarge = TemplateFailure.evaluation("a number is too large")

    func number(_ value: TemplateValue) throws -> TemplateValue {
        switch value {
        case .int, .double: return value
        case .bool(let flag): return .int(flag ? 1 : 0)
        default: throw TemplateFailure.evaluation("a \(value.typeName) is no number")
        }
    }

    func negate(_ value: TemplateValue) throws -> TemplateValue {
        switch try number(value) {
        case .int(let value):
            let (result, overflows) = 0.subtractingReportingOverflow(value)
            if overflows { throw Self.tooLarge }
            return .int(result)
        case .double(let value): return .double(-value)
        case let other: return other
        }
    }

    func calculate(_ left: TemplateValue, _ operation: Arithmetic, _ right: TemplateValue) throws -> TemplateValue {
        switch (left, operation, right) {
        case (.text(let first), .add, .text(let second)):
            try charge(first.size + second.size)
            return .text(first + second)
        case (.list(let first), .add, .list(let second)) where first.isTuple == second.isTuple:
            try spend(first.items.count + second.items.count)
            return .list(try TemplateList(first.items + second.items, isTuple: first.isTuple))
        case (.text(let text), .multiply, .int(let count)), (.int(let count), .multiply, .text(let text)):
            return .text(try repeated(text, count))
        case (.list(let list), .multiply, .int(let count)), (.int(let count), .multiply, .list(let list)):
            let (total, overflows) = list.items.count.multipliedReportingOverflow(by: max(count, 0))
            if overflows { throw Self.tooLarge }
            try spend(total)
            return .list(try TemplateList((0..<max(count, 0)).flatMap { _ in list.items }, isTuple: list.isTuple))
        case (.text(let format), .modulo, _):
            if case .list(let list) = right, list.isTuple { return .text(try PrintfFormat.format(format, list.items)) }
            return .text(try PrintfFormat.format(format, [right]))
        default: break
        }
        guard let first = try? number(left), let second = try? number(right) else {
            throw TemplateFailure.evaluation(
                "'\(operation.rawValue)' does not take a \(left.typeName) and a \(right.typeName)")
        }
        if case .int(let first) = first, case .int(let second) = second {
            return try calculate(first, operation, second)
        }
        return .double(try calculate(Self.double(first), operation, Self.double(second)))
    }

    func repeated(_ text: TemplateText, _ count: Int) throws -> TemplateText {
        let (total, overflows) = text.count.multipliedReportingOverflow(by: max(count, 0))
        if overflows { throw Self.tooLarge }
        try charge(total)
        if text.isEmpty { return text }
        try spend(max(count, 0))
        var result = TemplateText()
        for _ in 0..<max(count, 0) { result.append(text) }
        return result
    }

    private func calculate(_ left: Int, _ operation: Arithmetic, _ right: Int) throws -> TemplateValue {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw TemplateFailure.evaluation("division by zero") }
            return .double(Double(left) / Double(right))
        case .floor, .modulo:
            guard right != 0 else { throw TemplateFailure.evaluation("division by zero") }
            let (quotient, overflows) = left.dividedReportingOverflow(by: right)
            if overflows { throw Self.tooLarge }
            let remainder = left - quotient * right
            let adjusts = remainder != 0 && (remainder < 0) != (right < 0)
            if operation == .floor { return .int(adjusts ? quotient - 1 : quotient) }
            return .int(adjusts ? remainder + right : remainder)
        case .power:
            if right < 0 { return .double(pow(Double(left), Double(right))) }
            var (base, exponent, total) = (left, right, 1)
            while exponent > 0 {
                if exponent & 1 == 1 {
                    let step = total.multipliedReportingOverflow(by: base)
                    if step.overflow { throw Self.tooLarge }
                    total = step.partialValue
                }
                exponent >>= 1
                if exponent > 0 {
                    let square = base.multipliedReportingOverflow(by: base)
                    if square.overflow { throw Self.tooLarge }
                    base = square.partialValue
                }
            }
            return .int(total)
        }
        if result.overflow { throw Self.tooLarge }
        return .int(result.partialValue)
    }

    private func calculate(_ left: Double, _ operation: Arithmetic, _ right: Double) throws -> Double {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide, .floor, .modulo:
            guard right != 0 else { throw TemplateFailure.evaluation("division by zero") }
            if operation == .divide { return left / right }
            if operation == .floor { return (left / right).rounded(.down) }
            let remainder = left.truncatingRemainder(dividingBy: right)
            return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
        case .power: return pow(left, right)
        }
    }

    static func double(_ value: TemplateValue) -> Double {
        switch value {
        case .int(let value): Double(value)
        case .double(let value): value
        case .bool(let value): value ? 1 : 0
        default: .nan
        }
    }

    // MARK: Comparison

    func compare(_ left: TemplateValue, _ operation: Comparison, _ right: TemplateValue) throws -> Bool {
        switch operation {
        case .equal: return try equal(left, right)
        case .unequal: return !(try equal(left, right))
        case .less: return try order(left, right) < 0
        case .lessOrEqual: return try order(left, right) <= 0
        case .greater: return try order(right, left) < 0
        case .greaterOrEqual: return try order(right, left) <= 0
        case .in: return try contains(right, left)
        case .notIn: return !(try contains(right, left))
        }
    }

    func equal(_ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
        try spend()
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.text(let first), .text(let second)): return first == second
        case (.int(let first), .int(let second)): return first == second
        case (.int, .double), (.double, .int), (.double, .double), (.bool, .bool), (.bool, .int), (.int, .bool),
            (.bool, .double),
            (.double, .bool):
            return Self.double(left) == Self.double(right)
        case (.list(let first), .list(let second)):
            guard first.isTuple == second.isTuple, first.items.count == second.items.count else { return false }
            return try zip(first.items, second.items).allSatisfy { try equal($0, $1) }
        case (.dictionary(let first), .dictionary(let second)):
            guard first.count == second.count else { return false }
            return try first.keys.indices.allSatisfy { index in
                guard let other = second[first.keys[index].identity] else { return false }
                return try equal(first.values[index], other)
            }
        case (.namespace(let first), .namespace(let second)): return first === second
        default: return false
        }
    }

    /// Negative, zero or positive as `left` is before, equal to or after `right`.
    func order(_ left: TemplateValue, _ right: TemplateValue) throws -> Int {
        try spend()
        switch (left, right) {
        case (.text(let first), .text(let second)):
            if first.bytes.lexicographicallyPrecedes(second.bytes) { return -1 }
            return first == second ? 0 : 1
        case (.list(let first), .list(let second)) where first.isTuple == second.isTuple:
            for (one, other) in zip(first.items, second.items) where !(try equal(one, other)) {
                return try order(one, other)
            }
            return first.items.count - second.items.count
        case (.int(let first), .int(let second)): return first < second ? -1 : first == second ? 0 : 1
        default:
            guard let first = try? number(left), let second = try? number(right) else {
                throw TemplateFailure.evaluation("a \(left.typeName) and a \(right.typeName) have no order")
            }
            let (one, other) = (Self.double(first), Self.double(second))
            return one < other ? -1 : one == other ? 0 : 1
        }
    }

    func contains(_ container: TemplateValue, _ value: TemplateValue) throws -> Bool {
        switch container {
        case .text(let text):
            guard case .text(let part) = value else {
                throw TemplateFailure.evaluation("'in' a str needs a str, not a \(value.typeName)")
            }
            try spend(text.count / 16)
            return text.find(part) != nil
        case .list(let list): return try list.items.contains { try equal($0, value) }
        case .dictionary(let dictionary):
            return (try? TemplateDictionary.Key(value)).map { dictionary[$0.identity] != nil } ?? false
        case .undefined: return false
        default: throw TemplateFailure.evaluation("nothing is 'in' a \(container.typeName)")
        }
    }
}
