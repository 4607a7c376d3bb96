/// What a text must not spell without being asked about: the control tokens of common chat templates, and those of one
/// base model.
package struct ControlTokens: Sendable {
    /// Those of common templates alone.
    package static let common = ControlTokens(of: [])

    /// Control tokens with a fixed spelling; those of the form `<|…|>` are recognised by it.
    private static let fixed = [
        "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<unk>", "<s>", "</s>", "[INST]", "[/INST]",
        "<<SYS>>", "<</SYS>>",
    ]
    /// Shorter spellings are found in any text.
    private static let least = 3

    /// Spellings by their first byte, longest first.
    private let spellings: [UInt8: [[UInt8]]]
    /// Whether a spelling begins with a byte.
    private let begins: [Bool]

    /// - Parameter names: the control tokens of the base model, as its tokenizer spells them. Words are not looked for.
    package init(of names: [String]) {
        let own = names.filter { name in
            name.utf8.count >= Self.least && name.utf8.first.map { !Self.isWord($0) && $0 != 32 } == true
                && !name.unicodeScalars.allSatisfy(\.properties.isAlphabetic)
        }
        spellings = Dictionary(grouping: Set(own + Self.fixed).map { Array($0.utf8) }, by: { $0[0] })
            .mapValues { $0.sorted { ($1.count, $0.description) < ($0.count, $1.description) } }
        var begins = [Bool](repeating: false, count: 256)
        for byte in spellings.keys { begins[Int(byte)] = true }
        begins[Int(UInt8(ascii: "<"))] = true
        self.begins = begins
    }

    func mayBegin(_ byte: UInt8) -> Bool { begins[Int(byte)] }

    /// The control token that the bytes begin with.
    func token(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        guard let first = bytes.first else { return nil }
        for spelling in spellings[first] ?? [] where bytes.starts(with: spelling) {
            return String(decoding: spelling, as: UTF8.self)
        }
        guard bytes.count >= 5, bytes.starts(with: [UInt8(ascii: "<"), UInt8(ascii: "|")]) else { return nil }
        let name = bytes.dropFirst(2).prefix(41).prefix { Self.isWord($0) }
        guard !name.isEmpty, bytes[name.endIndex...].starts(with: [UInt8(ascii: "|"), UInt8(ascii: ">")]) else {
            return nil
        }
        return "<|" + String(decoding: name, as: UTF8.self) + "|>"
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
