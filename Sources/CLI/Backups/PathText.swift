/// Names of files as text that keeps every byte: what is no plain text is written `%XX`, and so is `%` itself.
enum PathText {
    static func text(_ name: [UInt8]) -> String {
        let whole = String(decoding: name, as: UTF8.self)
        let isText = Array(whole.utf8) == name
        return name.reduce(into: [UInt8]()) { text, byte in
            guard byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "%") || !isText && byte >= 0x80 else {
                return text.append(byte)
            }
            let digits = String(byte, radix: 16, uppercase: true)
            text += Array(("%" + (digits.count == 1 ? "0" : "") + digits).utf8)
        }.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// Nil where the text is none that ``text(_:)`` writes.
    static func name(_ text: Substring) -> [UInt8]? {
        var name: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                name.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            name.append(value)
            rest = rest.dropFirst(2)
        }
        return name
    }
}
