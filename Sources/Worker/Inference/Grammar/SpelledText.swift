/// A JSON string being written, byte by byte after its opening quote: valid UTF-8, valid escapes, and where only some
/// texts are allowed, still able to become one of them.
struct SpelledText {
    /// The texts that it may become; nil: any.
    private let wanted: [[UInt8]]?
    private let shortest: Int
    private let longest: Int
    /// What is written so far, unescaped; kept only where it matters.
    private(set) var value: [UInt8] = []
    private let keepsValue: Bool
    /// Characters so far.
    private var count = 0
    /// An escape being written, from its backslash on.
    private var escape: [UInt8] = []
    /// The first half of a character that is written as two escapes.
    private var high: UInt32 = 0
    /// Bytes that a character still needs, and what the next of them may be.
    private var missing = 0
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    init(wanted: [String]? = nil, shortest: Int = 0, longest: Int = .max, keepsValue: Bool = false) {
        self.wanted = wanted.map { $0.map { Array($0.utf8) } }
        self.shortest = shortest
        self.longest = longest
        self.keepsValue = keepsValue || wanted != nil
    }

    /// Whether the closing quote may come.
    var canEnd: Bool {
        escape.isEmpty && high == 0 && missing == 0 && count >= shortest && (wanted?.contains(value) ?? true)
    }

    /// Takes a byte that is not the closing quote; false where it does not fit.
    mutating func take(_ byte: UInt8) -> Bool {
        if !escape.isEmpty { return takeEscaped(byte) }
        if missing > 0 {
            guard allowed.contains(byte) else { return false }
            (missing, allowed) = (missing - 1, 0x80...0xBF)
            return append([byte], completes: missing == 0)
        }
        if byte == UInt8(ascii: "\\") {
            guard count < longest else { return false }
            escape = [byte]
            return canEscape()
        }
        guard high == 0, byte >= 0x20, count < longest else { return false }
        if byte < 0x80 { return append([byte], completes: true) }
        switch byte {
        case 0xC2...0xDF: (missing, allowed) = (1, 0x80...0xBF)
        case 0xE0: (missing, allowed) = (2, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (missing, allowed) = (2, 0x80...0xBF)
        case 0xED: (missing, allowed) = (2, 0x80...0x9F)
        case 0xF0: (missing, allowed) = (3, 0x90...0xBF)
        case 0xF1...0xF3: (missing, allowed) = (3, 0x80...0xBF)
        case 0xF4: (missing, allowed) = (3, 0x80...0x8F)
        default: return false
        }
        return append([byte], completes: false)
    }

    private mutating func append(_ bytes: [UInt8], completes: Bool) -> Bool {
        if keepsValue { value += bytes }
        if completes { count += 1 }
        return isStillWanted
    }

    private var isStillWanted: Bool { wanted?.contains { $0.starts(with: value) } ?? true }

    private mutating func takeEscaped(_ byte: UInt8) -> Bool {
        escape.append(byte)
        if escape.count == 2 {
            let plain: [UInt8: UInt8] = [
                0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
            ]
            if byte == UInt8(ascii: "u") { return canEscape() }
            guard high == 0, let meant = plain[byte] else { return false }
            escape = []
            return append([meant], completes: true)
        }
        guard let digits = hex(escape[2...]) else { return false }
        guard escape.count == 6 else { return canEscape() }
        escape = []
        return takeUnit(digits)
    }

    /// A whole `\uXXXX`.
    private mutating func takeUnit(_ unit: UInt32) -> Bool {
        switch (high, unit) {
        case (0, 0xD800...0xDBFF):
            high = unit
            return true
        case (0, 0xDC00...0xDFFF): return false
        case (0, _): return append(utf8(unit), completes: true)
        case (_, 0xDC00...0xDFFF):
            let scalar = 0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00)
            high = 0
            return append(utf8(scalar), completes: true)
        default: return false
        }
    }

    /// Whether what is begun of an escape can become one that fits.
    private func canEscape() -> Bool {
        if high != 0 {
            // Only the second half may follow: \uDC00 to \uDFFF.
            guard escape.count < 2 || escape[1] == UInt8(ascii: "u") else { return false }
            guard let unit = range(escape.dropFirst(2)) else { return true }
            guard unit.overlaps(0xDC00...0xDFFF) else { return false }
            return wantedScalars().map { scalars in
                scalars.contains {
                    $0 >= 0x10000 && 0xD800 + ($0 - 0x10000) >> 10 == high
                        && unit.contains(0xDC00 + ($0 - 0x10000) & 0x3FF)
                }
            } ?? true
        }
        let unit = range(escape.dropFirst(2)) ?? 0...0xFFFF
        // A second half cannot come first.
        guard unit.lowerBound < 0xDC00 || unit.upperBound > 0xDFFF else { return false }
        guard let scalars = wantedScalars() else { return true }
        if escape.count < 2 { return !scalars.isEmpty }
        return scalars.contains { scalar in
            unit.contains(scalar >= 0x10000 ? 0xD800 + (scalar - 0x10000) >> 10 : scalar)
        }
    }

    /// What the next character may be; nil: any.
    private func wantedScalars() -> [UInt32]? {
        wanted.map { texts in
            texts.filter { $0.starts(with: value) && $0.count > value.count }.compactMap {
                String(decoding: $0[value.count...], as: UTF8.self).unicodeScalars.first?.value
            }
        }
    }

    /// The units that begin with these digits; nil for none.
    private func range(_ digits: ArraySlice<UInt8>) -> ClosedRange<UInt32>? {
        guard !digits.isEmpty, let value = hex(digits) else { return nil }
        let shift = UInt32(4 * (4 - digits.count))
        return value << shift...(value << shift + (1 << shift - 1))
    }

    private func hex(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 + UInt32(digit - 0x30)
            case 0x41...0x46: value = value << 4 + UInt32(digit - 0x41 + 10)
            case 0x61...0x66: value = value << 4 + UInt32(digit - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }

    private func utf8(_ scalar: UInt32) -> [UInt8] { Unicode.Scalar(scalar).map { Array(String($0).utf8) } ?? [] }
}
