import Foundation

/// How many distinct hashes were seen, in constant memory, to about 1.6 % (Flajolet et al. 2007, with 4,096 registers).
package struct HyperLogLog: Hashable, Sendable {
    private static let bits = 12
    private var registers: [UInt8]

    package init() { registers = [UInt8](repeating: 0, count: 1 << Self.bits) }

    package mutating func insert(_ hash: UInt64) {
        // Mixed once more, so that the callers' own use of the bits does not matter.
        let hash = Hashing.mix(hash)
        let register = Int(hash >> (64 - UInt64(Self.bits)))
        let rank = UInt8(min(63, ((hash << UInt64(Self.bits)) | 1 << UInt64(Self.bits - 1)).leadingZeroBitCount + 1))
        if registers[register] < rank { registers[register] = rank }
    }

    package mutating func merge(_ other: HyperLogLog) {
        for index in registers.indices { registers[index] = max(registers[index], other.registers[index]) }
    }

    package var estimate: Int {
        let m = Double(registers.count)
        var sum = 0.0
        var zeros = 0
        for register in registers {
            sum += 1 / Double(UInt64(1) << UInt64(min(register, 62)))
            if register == 0 { zeros += 1 }
        }
        let raw = 0.7213 / (1 + 1.079 / m) * m * m / sum
        // Few of many registers are set: counting the empty ones is exact enough to tell single values apart.
        if raw <= 2.5 * m, zeros > 0 { return Int((m * log(m / Double(zeros))).rounded()) }
        return Int(raw.rounded())
    }
}

extension HyperLogLog: Codable {
    /// Few registers as pairs, many as base64.
    package init(from decoder: any Decoder) throws {
        self.init()
        let data = try decoder.singleValueContainer().decode(Data.self)
        if data.count == registers.count {
            registers = Array(data)
        } else {
            let bytes = Array(data)
            for start in stride(from: 0, to: bytes.count - 2, by: 3) {
                let index = Int(bytes[start]) << 8 | Int(bytes[start + 1])
                if index < registers.count { registers[index] = bytes[start + 2] }
            }
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let set = registers.indices.filter { registers[$0] > 0 }
        guard set.count * 3 < registers.count else { return try container.encode(Data(registers)) }
        try container.encode(Data(set.flatMap { [UInt8($0 >> 8), UInt8($0 & 255), registers[$0]] }))
    }
}
