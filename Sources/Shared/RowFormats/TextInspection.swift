/// What one text holds that training data should not.
struct TextInspection {
    /// The first control character that is no tab and no line end.
    var control: UInt32?
    /// The first thing that spells a control token.
    var specialToken: String?
    /// Whether U+FFFD occurs.
    var hasReplacement = false
    /// Whether bytes of UTF-8 were read as characters of Windows-1252 once.
    var isMojibake = false

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
                // Ã or Â before a character that stands for a byte from 0x80 on, and â€ before one of the quotes.
                case 0xC3
                where index + 3 < bytes.count && (bytes[index + 1] == 0x83 || bytes[index + 1] == 0x82)
                    && bytes[index + 2] == 0xC2 && bytes[index + 3] >= 0xA0:
                    isMojibake = true
                case 0xC3
                where index + 4 < bytes.count && bytes[index + 1] == 0xA2 && bytes[index + 2] == 0xE2
                    && bytes[index + 3] == 0x82 && bytes[index + 4] == 0xAC:
                    isMojibake = true
                case 0xC2 where index + 1 < bytes.count && bytes[index + 1] < 0xA0 && bytes[index + 1] != 0x85:
                    if control == nil { control = UInt32(bytes[index + 1]) }
                default: continue
                }
            }
        }
    }
}
