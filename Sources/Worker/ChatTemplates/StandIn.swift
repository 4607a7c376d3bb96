/// What stands for the content of a turn while a template is tried: bytes that no text has.
struct StandIn: Hashable, Sendable {
    static let size = 4
    /// No byte of UTF-8.
    static let mark: UInt8 = 0xFF

    /// Which turn's content it stands for, from 0.
    let turn: Int
    /// Whether for the content without the white space around it.
    let isTrimmed: Bool

    init(turn: Int, isTrimmed: Bool = false) {
        self.turn = turn
        self.isTrimmed = isTrimmed
    }

    /// The stand-in that the bytes are, or nil.
    init?(_ bytes: ArraySlice<UInt8>) {
        let first = bytes.startIndex
        guard bytes.count == Self.size, bytes[first] == Self.mark else { return nil }
        self.init(turn: Int(bytes[first + 2]) << 8 | Int(bytes[first + 3]), isTrimmed: bytes[first + 1] == 1)
    }

    var bytes: [UInt8] {
        [Self.mark, isTrimmed ? 1 : 0, UInt8(truncatingIfNeeded: turn >> 8), UInt8(truncatingIfNeeded: turn)]
    }
    var trimmed: StandIn { StandIn(turn: turn, isTrimmed: true) }
}

/// Notes whether a template looked into a text rather than passing it on.
///
/// Unchecked because a rendering makes it, and rendering is one thread's.
final class Watch: @unchecked Sendable {
    var isLookedAt = false
}
