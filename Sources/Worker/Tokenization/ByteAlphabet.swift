/// GPT-2's alphabet, in which every byte is one printable character of at most two bytes of UTF-8.
enum ByteAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 256)
        var next: UInt32 = 256
        for byte in UInt32(0)..<256 {
            let printable = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            table[Int(byte)] = printable ? byte : next
            if !printable { next += 1 }
        }
        return table
    }()

    /// The byte that each scalar below 324 stands for, or -1.
    static let bytes: [Int16] = {
        var table = [Int16](repeating: -1, count: 324)
        for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
        return table
    }()

    /// The bytes that a piece spells, or nil when it holds a character outside of the alphabet.
    static func decode(_ piece: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(piece.utf8.count)
        for scalar in piece.unicodeScalars {
            guard scalar.value < 324, bytes[Int(scalar.value)] >= 0 else { return nil }
            result.append(UInt8(truncatingIfNeeded: bytes[Int(scalar.value)]))
        }
        return result
    }
}
