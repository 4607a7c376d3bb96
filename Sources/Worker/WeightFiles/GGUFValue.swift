/// One metadata value of a GGUF file. Number widths are folded: what matters is what the number means.
package enum GGUFValue: Hashable, Sendable {
    case unsigned(UInt64)
    case signed(Int64)
    case number(Double)
    case flag(Bool)
    case text(String)
    case integers([Int64])
    case numbers([Float])
    case flags([Bool])
    case texts([String])

    /// The value as an integer, where it is one.
    package var integer: Int? {
        switch self {
        case .unsigned(let value): Int(exactly: value)
        case .signed(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value as a number, whole or not.
    package var double: Double? {
        switch self {
        case .unsigned(let value): Double(value)
        case .signed(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The value as text, where it is text.
    package var string: String? {
        if case .text(let value) = self { value } else { nil }
    }

    /// The value as a flag, where it is one.
    package var bool: Bool? {
        if case .flag(let value) = self { value } else { nil }
    }

    /// What the value is, for messages.
    package var kind: String {
        switch self {
        case .unsigned, .signed: "an integer"
        case .number: "a number"
        case .flag: "true or false"
        case .text: "text"
        case .integers: "a list of integers"
        case .numbers: "a list of numbers"
        case .flags: "a list of flags"
        case .texts: "a list of texts"
        }
    }
}
