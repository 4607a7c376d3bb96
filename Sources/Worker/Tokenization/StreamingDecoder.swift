/// Decodes tokens one by one, giving out whole characters only: bytes of an unfinished one wait for the next token.
package struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skippingControl: Bool
    private var pending: [UInt8] = []
    private var atStart = true

    package init(_ tokenizer: Tokenizer, skippingControl: Bool = false) {
        self.tokenizer = tokenizer
        self.skippingControl = skippingControl
    }

    /// The text that a token completes, often empty in the middle of a character.
    package mutating func push(_ id: Int32) -> String {
        var bytes = pending
        pending = []
        append(id, to: &bytes)
        pending = bytes
        let whole = Self.completeLength(pending)
        let text = String(decoding: pending[..<whole], as: UTF8.self)
        pending.removeFirst(whole)
        return text
    }

    /// What is left at the end; an unfinished character becomes U+FFFD.
    package mutating func finish() -> String {
        let text = String(decoding: pending, as: UTF8.self)
        pending = []
        return text
    }

    /// Appends the bytes of a token.
    mutating func append(_ id: Int32, to bytes: inout [UInt8]) {
        if skippingControl, tokenizer.isControl(id) { return }
        let piece = tokenizer.bytes(of: id)
        let strips = atStart && tokenizer.stripsLeadingSpace && piece.first == 0x20
        bytes.append(contentsOf: strips ? piece[1...] : piece[...])
        if !piece.isEmpty { atStart = false }
    }

    /// The length of the part that does not end in an unfinished character.
    private static func completeLength(_ bytes: [UInt8]) -> Int {
        var start = bytes.count - 1
        while start >= 0, bytes.count - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        guard start >= 0, bytes[start] >= 0xC2 else { return bytes.count }
        return start + UTF8Text.length(bytes[start]) > bytes.count ? start : bytes.count
    }
}
