/// Builds GGUF files that may lie.
struct GGUFBuilder {
    var magic: [UInt8] = Array("GGUF".utf8)
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var keyCount: UInt64?
    var keys: [[UInt8]] = []
    var tensors: [[UInt8]] = []
    var data = [UInt8](repeating: 0, count: 256)

    static func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    static func text(_ text: String) -> [UInt8] { number(UInt64(text.utf8.count)) + Array(text.utf8) }

    static func tensor(
        _ name: String, dimensions: [UInt64] = [32, 1], type: UInt32 = 0, offset: UInt64 = 0
    ) -> [UInt8] {
        text(name) + number(UInt32(dimensions.count)) + dimensions.flatMap { number($0) } + number(type)
            + number(offset)
    }

    var bytes: [UInt8] {
        var bytes = magic + Self.number(version) + Self.number(tensorCount ?? UInt64(tensors.count))
        bytes += Self.number(keyCount ?? UInt64(keys.count)) + keys.flatMap { $0 } + tensors.flatMap { $0 }
        bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
        return bytes + data
    }
}
