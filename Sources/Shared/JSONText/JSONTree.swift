import Nouns

/// A JSON document as it is written: members in their order, numbers as they are spelt.
///
/// For what templates write out again, such as schemas of tools: the text that a model learns is then the text that
/// others make of the same document.
package indirect enum JSONTree: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As it is spelt: `2.0` and `2` are two.
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([Member])

    /// A key with its value.
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSONTree

        package init(_ key: String, _ value: JSONTree) {
            self.key = key
            self.value = value
        }
    }

    /// Reads one whole document of valid UTF-8. Throws ``JSONTextFault`` as ``JSONText`` does.
    package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONTextFault) -> JSONTree {
        var reader = JSONText(bytes)
        reader.skipSpace()
        let tree = try reader.tree(depth: 0)
        reader.skipSpace()
        guard reader.at == bytes.count else {
            throw reader.fault("invalid_json", "there is more after the end of the value")
        }
        return tree
    }

    /// Reads one whole document.
    package static func parse(_ text: String) throws(JSONTextFault) -> JSONTree {
        let result: Result<JSONTree, JSONTextFault> = Array(text.utf8).withUnsafeBufferPointer { buffer in
            do throws(JSONTextFault) { return .success(try parse(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The tree of a value whose order is not known any more: keys in the order of their bytes.
    package init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .number(String(number))
        case .number(let number): self = .number(number.description)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(JSONTree.init))
        case .object(let members):
            self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, JSONTree($0.value)) })
        }
    }

    /// The value of a member of an object; nil where there is none, and for anything but an object.
    package subscript(key: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let place = members.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): break
            }
            self = .object(members)
        }
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var array: [JSONTree]? { if case .array(let elements) = self { elements } else { nil } }
    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// The document as Python's `json.dumps` spaces it, which is how models are used to read it.
    package var text: String {
        var out: [UInt8] = []
        write(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let spelling): out.append(contentsOf: spelling.utf8)
        case .string(let text): CanonicalJSON.text(text, &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(contentsOf: ", ".utf8) }
                element.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(contentsOf: ", ".utf8) }
                CanonicalJSON.text(member.key, &out)
                out.append(contentsOf: ": ".utf8)
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONText {
    /// The value that begins here, as it is written.
    fileprivate mutating func tree(depth: Int) throws(JSONTextFault) -> JSONTree {
        guard at < bytes.count else { throw fault("invalid_json", "it ends where a value should be") }
        switch bytes[at] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "t"):
            _ = try word("true", .null)
            return .bool(true)
        case UInt8(ascii: "f"):
            _ = try word("false", .null)
            return .bool(false)
        case UInt8(ascii: "n"):
            _ = try word("null", .null)
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = at
            _ = try number()
            return .number(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self))
        default: throw fault("invalid_json", "\(shown) begins no value")
        }
    }

    private func checkDepth(_ depth: Int) throws(JSONTextFault) {
        guard depth < Self.maximumDepth else {
            throw fault("nested_too_deep", "objects and lists are nested more than \(Self.maximumDepth) deep")
        }
    }

    private mutating func members(depth: Int) throws(JSONTextFault) -> [JSONTree.Member] {
        try checkDepth(depth)
        at += 1
        var result: [JSONTree.Member] = []
        var known: Set<String> = []
        skipSpace()
        if skip(UInt8(ascii: "}")) { return result }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
                throw fault("invalid_json", "a key in quotes should be here, not \(shown)")
            }
            let key = try string()
            guard known.insert(key).inserted else {
                throw fault(
                    "duplicate_key", "the key '\(key.prefix(60))' occurs twice, so one of its values would be lost")
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else {
                throw fault("invalid_json", "a colon should follow the key, not \(shown)")
            }
            skipSpace()
            result.append(JSONTree.Member(key, try tree(depth: depth + 1)))
            skipSpace()
            if skip(UInt8(ascii: ",")) { continue }
            guard skip(UInt8(ascii: "}")) else {
                throw fault("invalid_json", "a comma or } should be here, not \(shown)")
            }
            return result
        }
    }

    private mutating func elements(depth: Int) throws(JSONTextFault) -> [JSONTree] {
        try checkDepth(depth)
        at += 1
        var result: [JSONTree] = []
        skipSpace()
        if skip(UInt8(ascii: "]")) { return result }
        while true {
            skipSpace()
            result.append(try tree(depth: depth + 1))
            skipSpace()
            if skip(UInt8(ascii: ",")) { continue }
            guard skip(UInt8(ascii: "]")) else {
                throw fault("invalid_json", "a comma or ] should be here, not \(shown)")
            }
            return result
        }
    }
}
