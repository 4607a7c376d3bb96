extension Tokenizer {
    /// The token ids of a text.
    ///
    /// - Parameters:
    ///   - special: where the names of control tokens in the text become those tokens; nowhere unless asked.
    ///   - addsSpecialTokens: whether `prefix` and `suffix` (usually the BOS) are put around it.
    ///   - isContinuation: whether the text goes on from one before it, so that no space is put in front of it.
    package func encode(
        _ text: String, special: SpecialTokens = .asText, addsSpecialTokens: Bool = false, isContinuation: Bool = false
    ) -> [Int32] {
        var output: [Int32] = []
        output.reserveCapacity(text.utf8.count / 3 + 8)
        if addsSpecialTokens { output.append(contentsOf: prefix) }
        let state = pool.take()
        state.isContinuation = isContinuation
        var text = text
        text.withUTF8 { encodeText($0, special, state, &output) }
        pool.give(state)
        if addsSpecialTokens { output.append(contentsOf: suffix) }
        return output
    }

    /// The number of tokens of a text, as `encode` counts them.
    package func count(_ text: String, special: SpecialTokens = .asText) -> Int { encode(text, special: special).count }

    /// The control tokens that `encode` would find in a text, in order, at a fraction of its cost.
    package func controls(in text: String, special: SpecialTokens) -> [Int32] {
        // Those that are looked for in normalised text need the whole way.
        guard normalizedTrie.isEmpty else { return encode(text, special: special).filter(isControl) }
        var found: [Int32] = []
        var text = text
        text.withUTF8 { bytes in
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
            split(base, bytes.count, rawTrie, special, &found) { _, _, _ in }
        }
        return found.filter(isControl)
    }

    /// Cuts the text at added tokens.
    private func encodeText(
        _ text: UnsafeBufferPointer<UInt8>, _ special: SpecialTokens, _ state: EncoderState, _ output: inout [Int32]
    ) {
        guard let base = text.baseAddress, !text.isEmpty else { return }
        split(base, text.count, rawTrie, special, &output) { start, end, output in
            encodePiece(base, start, end, special, state, &output)
        }
    }

    /// Normalises a piece between added tokens and cuts it at those that are looked for in normalised text.
    private func encodePiece(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ special: SpecialTokens, _ state: EncoderState,
        _ output: inout [Int32]
    ) {
        let piece = UnsafeBufferPointer(start: text + start, count: end - start)
        var isPlain = TextNormalizer.leaves(piece, normalizers)
        if case .metaspace = preTokenizer { isPlain = false }
        if case .gpt2(addPrefixSpace: true) = preTokenizer { isPlain = false }
        if isPlain, normalizedTrie.isEmpty {
            encodeWords(text + start, end - start, state, &output)
            return
        }
        var buffer = state.normalized
        state.normalized = []
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: piece)
        for step in normalizers { TextNormalizer.apply(step, &buffer) }
        // Offsets into normalised text are not those that a caller's ranges speak of, so ranges allow nothing here.
        let allowed: SpecialTokens = special == .parse ? .parse : .asText
        buffer.withUnsafeBufferPointer { whole in
            guard let base = whole.baseAddress else { return }
            split(base, whole.count, normalizedTrie, allowed, &output) { from, to, output in
                encodeNormalized(base + from, to - from, atStart: start == 0 && from == 0, state, &output)
            }
        }
        state.normalized = buffer
    }

    /// Puts the space in front and the marks in, where the pre-tokenizer has them.
    private func encodeNormalized(
        _ text: UnsafePointer<UInt8>, _ count: Int, atStart: Bool, _ state: EncoderState, _ output: inout [Int32]
    ) {
        var prepared: [UInt8] = []
        switch preTokenizer {
        case .gpt2(addPrefixSpace: true) where count > 0 && text[0] != 0x20 && !(atStart && state.isContinuation):
            prepared.reserveCapacity(count + 1)
            prepared.append(0x20)
            prepared.append(contentsOf: UnsafeBufferPointer(start: text, count: count))
        case .metaspace(let scheme, _):
            prepared.reserveCapacity(count + count / 2 + 3)
            let startsMarked =
                count > 0
                && (text[0] == 0x20 || (count >= 3 && (0..<3).allSatisfy { text[$0] == TokenizerRules.mark[$0] }))
            // The library leaves a text alone that begins with a mark already; SentencePiece itself always adds one.
            let isContinued = atStart && state.isContinuation
            let adds =
                isContinued
                ? false
                : scheme == .always ? (alwaysMarks || !startsMarked) : scheme == .first && atStart && !startsMarked
            if adds { prepared.append(contentsOf: TokenizerRules.mark) }
            for index in 0..<count {
                if text[index] == 0x20 {
                    prepared.append(0xE2)
                    prepared.append(0x96)
                    prepared.append(0x81)
                } else {
                    prepared.append(text[index])
                }
            }
        default:
            encodeWords(text, count, state, &output)
            return
        }
        prepared.withUnsafeBufferPointer { whole in
            if let base = whole.baseAddress { encodeWords(base, whole.count, state, &output) }
        }
    }

    /// Appends the ids of added tokens and gives what lies between them to `body`.
    private func split(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ trie: borrowing AddedTokenTrie, _ special: SpecialTokens,
        _ output: inout [Int32], _ body: (Int, Int, inout [Int32]) -> Void
    ) {
        var pieceStart = 0
        var index = trie.isEmpty ? count : 0
        while index < count {
            guard trie.begins(text[index]),
                let found = trie.longest(
                    text, index, count, accepts: { accepts(addedTokens[$0], text, index, $1, count, special) })
            else {
                index += 1
                continue
            }
            let token = addedTokens[found.index]
            var from = index
            var to = found.end
            if token.stripsLeft { while from > pieceStart, isSpace(text, before: from) { from -= 1 } }
            if token.stripsLeft { while from < index, text[from] & 0xC0 == 0x80 { from -= 1 } }
            if token.stripsRight { to = Runs.end(ScalarClasses.space, text, to, count, ScalarClasses.shared) }
            if from > pieceStart { body(pieceStart, from, &output) }
            output.append(token.id)
            pieceStart = to
            index = to
        }
        if pieceStart < count { body(pieceStart, count, &output) }
    }

    private func accepts(
        _ token: AddedToken, _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ count: Int,
        _ special: SpecialTokens
    ) -> Bool {
        if token.isSpecial, !special.allows(start, end) { return false }
        guard token.isSingleWord else { return true }
        return !isWord(text, before: start) && (end >= count || !isWord(UTF8Text.scalar(text, end, count).0))
    }

    private func isWord(_ text: UnsafePointer<UInt8>, before index: Int) -> Bool {
        guard index > 0 else { return false }
        let start = scalarStart(text, before: index)
        return isWord(UTF8Text.scalar(text, start, index).0)
    }

    private func isWord(_ scalar: UInt32) -> Bool {
        let kind = ScalarClasses.shared.flags(scalar) & 7
        return kind == ScalarClasses.letter || kind == ScalarClasses.number || scalar == 0x5F
    }

    /// Whether the byte before `index` ends, or is inside, a white space scalar.
    private func isSpace(_ text: UnsafePointer<UInt8>, before index: Int) -> Bool {
        let start = scalarStart(text, before: index)
        let (scalar, length) = UTF8Text.scalar(text, start, start + 4)
        return length >= index - start && ScalarClasses.shared.flags(scalar) & 7 == ScalarClasses.space
    }

    private func scalarStart(_ text: UnsafePointer<UInt8>, before index: Int) -> Int {
        var start = index - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
