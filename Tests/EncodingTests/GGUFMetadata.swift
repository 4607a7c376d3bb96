import Foundation

import Tokenization

/// Reads the tokenizer's metadata of a GGUF, for tests alone: the product's reader lives in another target.
struct GGUFMetadata {
    private(set) var values: [String: Any] = [:]
    private let data: Data
    private var offset = 24

    init(_ url: URL) throws {
        data = try Data(contentsOf: url, options: .mappedIfSafe)
        guard data.prefix(4) == Data("GGUF".utf8) else { throw CocoaError(.fileReadCorruptFile) }
        let count = data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self) }
        for _ in 0..<count {
            let key = string()
            values[key] = value(type: integer(UInt32.self))
        }
    }

    private mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T {
        defer { offset += MemoryLayout<T>.size }
        return data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }

    private mutating func string() -> String {
        let length = Int(integer(UInt64.self))
        defer { offset += length }
        return data.withUnsafeBytes { String(decoding: $0[offset..<offset + length], as: UTF8.self) }
    }

    private mutating func value(type: UInt32) -> Any {
        switch type {
        case 0, 1, 7: return integer(UInt8.self)
        case 2, 3: return integer(UInt16.self)
        case 4: return integer(UInt32.self)
        case 5: return integer(Int32.self)
        case 6: return Float(bitPattern: integer(UInt32.self))
        case 8: return string()
        case 9:
            let element = integer(UInt32.self)
            let count = Int(integer(UInt64.self))
            if element == 8 { return (0..<count).map { _ in string() } }
            if element == 5 { return (0..<count).map { _ in integer(Int32.self) } }
            if element == 6 { return (0..<count).map { _ in Float(bitPattern: integer(UInt32.self)) } }
            return (0..<count).map { _ in value(type: element) }
        default: return integer(UInt64.self)
        }
    }

    /// The tokenizer's values as the product takes them.
    var tokenizer: TokenizerDefinition.GGUFValues {
        func id(_ key: String) -> Int32? { (values["tokenizer.ggml.\(key)"] as? UInt32).map { Int32($0) } }
        func flag(_ key: String) -> Bool? { (values["tokenizer.ggml.\(key)"] as? UInt8).map { $0 != 0 } }
        var result = TokenizerDefinition.GGUFValues(
            model: values["tokenizer.ggml.model"] as? String ?? "", pre: values["tokenizer.ggml.pre"] as? String,
            tokens: values["tokenizer.ggml.tokens"] as? [String] ?? [])
        result.scores = values["tokenizer.ggml.scores"] as? [Float]
        result.types = values["tokenizer.ggml.token_type"] as? [Int32]
        result.merges = values["tokenizer.ggml.merges"] as? [String]
        result.bos = id("bos_token_id")
        result.eos = id("eos_token_id")
        result.unknown = id("unknown_token_id")
        result.padding = id("padding_token_id")
        result.addBOS = flag("add_bos_token")
        result.addEOS = flag("add_eos_token")
        result.addSpacePrefix = flag("add_space_prefix")
        result.chatTemplate = values["tokenizer.chat_template"] as? String
        return result
    }
}
