/// What one text holds that training data should not.
struct TextInspection {
    /// The first control character that is no tab and no line end.
    var control: UInt32?
    /// The first thing that spells a control token.
    var specialToken: String?
    /// Whether U+FFFD occurs.
    var hasReplacement = false

    init(_ text: String, _ tokens: ControlTokens) {
        var text = text
        text.withUTF8 { bytes in
            for (index, byte) in bytes.enumerated() {
                if tokens.mayBegin(byte), specialToken == nil { specialToken = tokens.token(bytes[index...]) }
                switch byte {
                case 9, 10, 13: continue
                case 0..<32, 127: if control == nil { control = UInt32(byte) }
                case 0xEF where index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] == 0xBD:
                    hasReplacement = true
                case 0xC2 where index + 1 < bytes.count && bytes[index + 1] < 0xA0 && bytes[index + 1] != 0x85:
                    if control == nil { control = UInt32(bytes[index + 1]) }
                default: continue
                }
            }
        }
    }
}
