import Nouns

/// A row's identity as the index keeps it, 16 bytes; in the order of the texts.
struct NearIdentity: Comparable {
    static let bytes = 16

    private let high: UInt64
    private let low: UInt64

    /// The first 16 bytes that the digits of the identifier write; zeros where there are fewer.
    init(_ id: RowID) {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var place = 0
        for character in id.rawValue.utf8.prefix(2 * Self.bytes) {
            let digit: UInt8 =
                switch character {
                case 0x30...0x39: character - 0x30
                case 0x61...0x66: character - 0x61 + 10
                default: 0
                }
            let shifted = UInt64(digit) << UInt64(60 - 4 * (place % 16))
            if place < 16 { words.high |= shifted } else { words.low |= shifted }
            place += 1
        }
        (high, low) = words
    }

    /// Reads 16 bytes as ``append(to:)`` writes them.
    init(_ bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    func append(to table: inout [UInt8]) {
        for word in [high, low] { withUnsafeBytes(of: word.bigEndian) { table.append(contentsOf: $0) } }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    var id: RowID {
        RowID(
            String(unsafeUninitializedCapacity: 2 * Self.bytes) { characters in
                for place in 0..<(2 * Self.bytes) {
                    let word = place < 16 ? high : low
                    characters[place] = Self.digits[Int(word >> UInt64(60 - 4 * (place % 16)) & 15)]
                }
                return 2 * Self.bytes
            })
    }

    static func < (one: Self, other: Self) -> Bool { (one.high, one.low) < (other.high, other.low) }
}
