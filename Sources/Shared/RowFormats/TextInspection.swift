/// What one text holds that training data should not.
struct TextInspection {
    /// The first control character that is no tab and no line end.
    var control: UInt32?
    /// The first thing that spells a control token of a common chat template.
    var specialToken: String?
    /// Whether U+FFFD occurs.
    var hasReplacement = false

    /// Control tokens with a fixed spelling; those of the form `<|…|>` are recognised by it.
    private static let fixed = [
        "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>",
    ].map { Array($0.utf8) }

    init(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            for (index, byte) in bytes.enumerated() {
                switch byte {
                case 9, 10, 13: continue
                case 0..<32, 127: if control == nil { control = UInt32(byte) }
                case UInt8(ascii: "<"), UInt8(ascii: "["): if specialToken == nil { specialToken = Self.token(bytes[index...]) }
                case 0xEF where index + 2 < bytes.count && bytes[index + 1] == 0xBF && bytes[index + 2] == 0xBD: hasReplacement = true
                case 0xC2 where index + 1 < bytes.count && bytes[index + 1] < 0xA0 && bytes[index + 1] != 0x85:
                    if control == nil { control = UInt32(bytes[index + 1]) }
                default: continue
                }
            }
        }
    }

    private static func token(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        for spelling in fixed where bytes.starts(with: spelling) { return String(decoding: spelling, as: UTF8.self) }
        guard bytes.count >= 5, bytes.starts(with: [UInt8(ascii: "<"), UInt8(ascii: "|")]) else { return nil }
        let name = bytes.dropFirst(2).prefix(41).prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !name.isEmpty, bytes[name.endIndex...].starts(with: [UInt8(ascii: "|"), UInt8(ascii: ">")]) else { return nil }
        return "<|" + String(decoding: name, as: UTF8.self) + "|>"
    }
}
