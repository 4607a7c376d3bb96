import Foundation

/// The block before each member of a tar file (POSIX.1-1988 `ustar`); sizes from 8 GiB on in GNU's base 256.
struct TarHeader: Hashable {
    static let length = 512

    var name: String
    var bytes: Int

    /// The zeros after a member, up to a whole block.
    static func padding(_ bytes: Int) -> Int { (length - bytes % length) % length }

    /// - Parameter name: at most 100 bytes.
    init(name: String, bytes: Int) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads a block; nil for one of zeros, which ends the file. Throws a ``TarFault``.
    init?(_ block: [UInt8]) throws {
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard block.count == Self.length, Array(block[257..<262]) == Array("ustar".utf8) else { throw TarFault.header }
        guard Self.octal(block[148..<156]) == Self.sum(block) else { throw TarFault.header }
        guard block[156] == UInt8(ascii: "0") || block[156] == 0 else { throw TarFault.kind }
        name = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        guard let size = Self.size(block[124..<136]) else { throw TarFault.header }
        bytes = size
    }

    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.length)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() where offset + index < Self.length {
                block[offset + index] = byte
            }
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        if bytes < 1 << 33 {
            put(Self.digits(bytes, 11), at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 { block[135 - index] = UInt8(truncatingIfNeeded: bytes >> (8 * index)) }
        }
        put("00000000000", at: 136)
        block[156] = UInt8(ascii: "0")
        put("ustar", at: 257)
        put("00", at: 263)
        put(Self.digits(Self.sum(block), 6), at: 148)
        block[155] = UInt8(ascii: " ")
        return block
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// The sum of all bytes, those of the sum itself taken for spaces.
    private static func sum(_ block: [UInt8]) -> Int {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: field.prefix { $0 != 0 && $0 != 32 }, as: UTF8.self)
        return Int(text, radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func size(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first, first & 0x80 != 0 else { return octal(field) }
        let high = [first & 0x7f] + field.dropFirst().dropLast(8)
        guard high.allSatisfy({ $0 == 0 }) else { return nil }
        let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(exactly: value)
    }
}

/// Why a file is no tar file of plain members.
enum TarFault: Error {
    case header
    /// A link, a folder, a device.
    case kind
}
