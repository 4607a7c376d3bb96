/// One way to read what is written so far as JSON of a schema: a stack of what is open.
///
/// Values of several kinds or alternatives are told apart by their first byte; where that does not decide, there are
/// several machines (``JSONAnswer``).
struct JSONMachine {
    private enum Frame {
        /// A value begins here.
        case value(SchemaNode)
        case text(SpelledText)
        case number(NumberText)
        /// The rest of `true`, `false` or `null`.
        case word([UInt8])
        case object(SchemaNode, ObjectPlace, used: Set<String>)
        /// The name of a member is being written.
        case key(SchemaNode, SpelledText, used: Set<String>)
        case array(SchemaNode, ArrayPlace, count: Int)
    }
    private enum ObjectPlace { case start, comma, name, colon(SchemaNode), value }
    private enum ArrayPlace { case start, value }

    /// JSON white space in a row.
    static let mostSpaces = 64
    /// Values may be nested so deeply.
    private static let deepest = 128

    private var stack: [Frame]
    private var spaces = 0

    init(_ root: SchemaNode) { stack = [.value(root)] }

    /// A value between two texts.
    init(_ before: String, _ root: SchemaNode, _ after: String) {
        stack = [.value(root)]
        if !after.isEmpty { stack.insert(.word(Array(after.utf8)), at: 0) }
        if !before.isEmpty { stack.append(.word(Array(before.utf8))) }
    }

    /// Whether what comes next is a text that is given.
    var isFixed: Bool { if case .word? = stack.last { true } else { false } }

    /// Whether what is written is a whole value.
    var isComplete: Bool {
        switch stack.last {
        case nil: true
        case .number(let number)?: stack.count == 1 && number.canEnd
        default: false
        }
    }

    /// The machines that go on from here with `byte`; none where it does not fit.
    func taking(_ byte: UInt8) -> [JSONMachine] {
        guard let top = stack.last else { return isSpace(byte) ? spaced() : [] }
        switch top {
        case .text(var text):
            if byte == UInt8(ascii: "\"") { return text.canEnd ? [popped()] : [] }
            return text.take(byte) ? [replacing(.text(text))] : []
        case .number(var number):
            if number.take(byte) { return [replacing(.number(number))] }
            return number.canEnd ? popped().taking(byte) : []
        case .word(let rest):
            guard rest.first == byte else { return [] }
            return [rest.count == 1 ? popped() : replacing(.word(Array(rest.dropFirst())))]
        case .key(let node, let text, let used): return takingKey(byte, node, text, used)
        case .value, .object, .array:
            if isSpace(byte) { return spaced() }
            var machine = self
            machine.spaces = 0
            return machine.takingMark(byte, top)
        }
    }

    private func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x0A, 0x0D, 0x09].contains(byte) }

    private func spaced() -> [JSONMachine] {
        guard spaces < Self.mostSpaces else { return [] }
        var machine = self
        machine.spaces += 1
        return [machine]
    }

    private func popped() -> JSONMachine {
        var machine = self
        machine.stack.removeLast()
        machine.spaces = 0
        return machine
    }

    private func replacing(_ frame: Frame, pushing more: [Frame] = []) -> JSONMachine {
        var machine = self
        machine.stack[machine.stack.count - 1] = frame
        machine.stack += more
        machine.spaces = 0
        return machine
    }

    private func takingKey(_ byte: UInt8, _ node: SchemaNode, _ text: SpelledText, _ used: Set<String>)
        -> [JSONMachine]
    {
        var text = text
        guard byte == UInt8(ascii: "\"") else {
            return text.take(byte) ? [replacing(.key(node, text, used: used))] : []
        }
        let name = String(decoding: text.value, as: UTF8.self)
        guard text.canEnd, !used.contains(name), let value = node.properties[name] ?? node.additional,
            !value.isImpossible
        else { return [] }
        return [replacing(.object(node, .colon(value), used: used.union([name])))]
    }

    private func takingMark(_ byte: UInt8, _ top: Frame) -> [JSONMachine] {
        switch top {
        case .value(let node): return beginning(byte, node)
        case .object(let node, let place, let used):
            switch (place, byte) {
            case (.start, UInt8(ascii: "}")), (.comma, UInt8(ascii: "}")):
                return node.required.isSubset(of: used) ? [popped()] : []
            case (.comma, UInt8(ascii: ",")):
                return hasMore(node, used) ? [replacing(.object(node, .name, used: used))] : []
            case (.start, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")):
                return hasMore(node, used) ? [replacing(.key(node, key(node, used), used: used))] : []
            case (.colon(let value), UInt8(ascii: ":")):
                return [replacing(.object(node, .comma, used: used), pushing: [.value(value)])]
            default: return []
            }
        case .array(let node, let place, let count):
            switch (place, byte) {
            case (_, UInt8(ascii: "]")): return count >= node.fewest ? [popped()] : []
            case (.value, UInt8(ascii: ",")):
                guard count < node.most, let element = node.element(count) else { return [] }
                return [replacing(.array(node, .value, count: count + 1), pushing: [.value(element)])]
            case (.start, _):
                guard count < node.most, let element = node.element(count) else { return [] }
                return replacing(.array(node, .value, count: count + 1), pushing: [.value(element)]).taking(byte)
            default: return []
            }
        case .text, .number, .word, .key: return []
        }
    }

    /// Whether a further member can be written.
    private func hasMore(_ node: SchemaNode, _ used: Set<String>) -> Bool {
        node.additional != nil || node.properties.contains { !used.contains($0.key) && !$0.value.isImpossible }
    }

    /// What the next name may be.
    private func key(_ node: SchemaNode, _ used: Set<String>) -> SpelledText {
        guard node.additional == nil else { return SpelledText(keepsValue: true) }
        return SpelledText(
            wanted: node.properties.filter { !used.contains($0.key) && !$0.value.isImpossible }.map(\.key))
    }

    /// A value begins.
    private func beginning(_ byte: UInt8, _ node: SchemaNode) -> [JSONMachine] {
        if let alternatives = node.alternatives {
            return alternatives.flatMap { replacing(.value($0)).beginning(byte, $0) }
        }
        let isDeep = stack.count >= Self.deepest
        switch byte {
        case UInt8(ascii: "{") where node.kinds.contains(.object) && !isDeep:
            return [replacing(.object(node, .start, used: []))]
        case UInt8(ascii: "[") where node.kinds.contains(.array) && !isDeep:
            return [replacing(.array(node, .start, count: 0))]
        case UInt8(ascii: "\"") where node.kinds.contains(.string):
            return [replacing(.text(SpelledText(wanted: node.texts, shortest: node.shortest, longest: node.longest)))]
        case UInt8(ascii: "t") where node.kinds.contains(.boolean) && node.flag != false:
            return [replacing(.word(Array("rue".utf8)))]
        case UInt8(ascii: "f") where node.kinds.contains(.boolean) && node.flag != true:
            return [replacing(.word(Array("alse".utf8)))]
        case UInt8(ascii: "n") where node.kinds.contains(.null): return [replacing(.word(Array("ull".utf8)))]
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard node.kinds.contains(.number) || node.kinds.contains(.integer) else { return [] }
            var number = NumberText(wanted: node.numbers, isWhole: !node.kinds.contains(.number))
            return number.take(byte) ? [replacing(.number(number))] : []
        default: return []
        }
    }
}

/// A JSON number being written.
struct NumberText {
    private enum Place { case start, sign, zero, digits, point, fraction, exponent, exponentSign, exponentDigits }

    /// The spellings that it may become; nil: any.
    private let wanted: [[UInt8]]?
    private let isWhole: Bool
    private var text: [UInt8] = []
    private var place = Place.start

    /// Digits that a number may have.
    private static let longest = 64

    init(wanted: [String]?, isWhole: Bool) {
        self.wanted = wanted.map { $0.map { Array($0.utf8) } }
        self.isWhole = isWhole
    }

    var canEnd: Bool {
        switch place {
        case .zero, .digits, .fraction, .exponentDigits: wanted?.contains(text) ?? true
        case .start, .sign, .point, .exponent, .exponentSign: false
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard let next = next(byte), text.count < Self.longest || !canEnd else { return false }
        let grown = text + [byte]
        if let wanted, !wanted.contains(where: { $0.starts(with: grown) }) { return false }
        (text, place) = (grown, next)
        return true
    }

    private func next(_ byte: UInt8) -> Place? {
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        switch (place, byte) {
        case (.start, UInt8(ascii: "-")): return .sign
        case (.start, UInt8(ascii: "0")), (.sign, UInt8(ascii: "0")): return .zero
        case (.start, _), (.sign, _): return isDigit ? .digits : nil
        case (.digits, _) where isDigit: return .digits
        case (.zero, UInt8(ascii: ".")), (.digits, UInt8(ascii: ".")): return isWhole && wanted == nil ? nil : .point
        case (.point, _): return isDigit ? .fraction : nil
        case (.fraction, _) where isDigit: return .fraction
        case (.zero, UInt8(ascii: "e")), (.zero, UInt8(ascii: "E")), (.digits, UInt8(ascii: "e")),
            (.digits, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "E")):
            return isWhole && wanted == nil ? nil : .exponent
        case (.exponent, UInt8(ascii: "+")), (.exponent, UInt8(ascii: "-")): return .exponentSign
        case (.exponent, _), (.exponentSign, _), (.exponentDigits, _): return isDigit ? .exponentDigits : nil
        default: return nil
        }
    }
}
