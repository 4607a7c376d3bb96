extension Tokenizer {
    /// The bytes that a token stands for: text, or the name of a control token. Empty for an id outside of the
    /// vocabulary.
    package func bytes(of id: Int32) -> [UInt8] {
        guard id >= 0, Int(id) < kinds.count else { return [] }
        if let index = addedByID[id] {
            let content = Array(addedTokens[index].content.utf8)
            return spelling == .sentencePiece ? Self.spaced(content[...]) : content
        }
        let piece = pieces[id]
        if spelling == .bytes { return Array(piece) }
        // A SentencePiece byte token is one by its kind; files without kinds have it by its spelling.
        if kinds[Int(id)] == .byte || kinds[Int(id)] == .normal, let byte = TokenizerRules.byteValue(piece) {
            return [byte]
        }
        return Self.spaced(piece)
    }

    /// The length in bytes of the text that each token stands for, by id; 0 for control tokens.
    ///
    /// With it a loss in bits a token becomes bits a byte, which can be compared across tokenizers.
    package func bytesPerToken() -> [Int32] {
        (0..<Int32(kinds.count)).map { isControl($0) ? 0 : Int32(bytes(of: $0).count) }
    }

    /// The text of token ids. Bytes that are no valid UTF-8 become U+FFFD.
    package func decode(_ ids: some Sequence<Int32>, skippingControl: Bool = false) -> String {
        var decoder = StreamingDecoder(self, skippingControl: skippingControl)
        var bytes: [UInt8] = []
        for id in ids { decoder.append(id, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func spaced(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(piece.count)
        var index = piece.startIndex
        while index < piece.endIndex {
            if piece[index] == 0xE2, piece[index...].starts(with: TokenizerRules.mark) {
                result.append(0x20)
                index += 3
            } else {
                result.append(piece[index])
                index += 1
            }
        }
        return result
    }
}
