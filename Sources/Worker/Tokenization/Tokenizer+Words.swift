extension Tokenizer {
    /// Cuts prepared text into words and appends their tokens.
    func encodeWords(_ text: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState, _ output: inout [Int32]) {
        switch preTokenizer {
        case .gpt2: encodeWords(GPT2Scanner.self, text, count, state, &output)
        case .digitsThenGPT2: encodeWords(DigitsThenGPT2Scanner.self, text, count, state, &output)
        case .llama3: encodeWords(Llama3Scanner.self, text, count, state, &output)
        case .qwen2: encodeWords(Qwen2Scanner.self, text, count, state, &output)
        case .qwen35: encodeWords(Qwen35Scanner.self, text, count, state, &output)
        case .metaspace(_, let splits): encodeMarked(text, count, splits: splits, state, &output)
        case .none: encodeMarked(text, count, splits: false, state, &output)
        }
    }

    private func encodeWords<Scanner: WordScanner>(
        _: Scanner.Type, _ text: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState, _ output: inout [Int32]
    ) {
        let classes = Scanner.classes
        var start = 0
        while start < count {
            let end = max(Scanner.wordEnd(text, start, count, classes), start + 1)
            encodeWord(text + start, end - start, state, &output)
            start = end
        }
    }

    /// Cuts before each `▁` that no piece crosses. This changes no merge, and words can be cached.
    private func encodeMarked(
        _ text: UnsafePointer<UInt8>, _ count: Int, splits: Bool, _ state: EncoderState, _ output: inout [Int32]
    ) {
        guard spelling == .sentencePiece else {
            encodeWord(text, count, state, &output)
            return
        }
        var start = 0
        var index = 0
        var last: UInt32?
        while index < count {
            let (scalar, length) = UTF8Text.scalar(text, index, count)
            if scalar == 0x2581, let last, index > start, splits || !joinsBeforeMark.contains(last) {
                encodeWord(text + start, index - start, state, &output)
                start = index
            }
            last = scalar
            index += length
        }
        if start < count { encodeWord(text + start, count - start, state, &output) }
    }

    @inline(__always)
    private func encodeWord(
        _ word: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState, _ output: inout [Int32]
    ) {
        guard count <= WordCache.longestWord else {
            mergeWord(word, count, state)
            output.append(contentsOf: state.merger.symbols)
            return
        }
        let hash = ByteHash.hash(word, count)
        if state.cache.append(word, count, hash, to: &output) { return }
        mergeWord(word, count, state)
        state.cache.insert(word, count, hash, tokens: state.merger.symbols)
        output.append(contentsOf: state.merger.symbols)
    }

    /// Leaves the tokens of a word in the merger.
    @inline(never)
    private func mergeWord(_ word: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState) {
        state.merger.symbols.removeAll(keepingCapacity: true)
        if ignoresMerges {
            let whole = pieces.find(word, count)
            if whole >= 0 {
                state.merger.symbols.append(whole)
                return
            }
        }
        switch spelling {
        case .bytes: appendBytes(word, count, state)
        case .sentencePiece: appendScalars(word, count, state)
        }
        state.merger.merge(merges)
    }

    private func appendBytes(_ word: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState) {
        for index in 0..<count {
            let id = byteTokens[Int(word[index])]
            if id >= 0 {
                state.merger.symbols.append(id)
            } else if let unknown {
                if !fusesUnknown || state.merger.symbols.last != unknown { state.merger.symbols.append(unknown) }
            }
        }
    }

    private func appendScalars(_ word: UnsafePointer<UInt8>, _ count: Int, _ state: EncoderState) {
        var index = 0
        while index < count {
            let length = min(UTF8Text.length(word[index]), count - index)
            let id = pieces.find(word + index, length)
            if id >= 0 {
                state.merger.symbols.append(id)
            } else if fallsBackToBytes, (0..<length).allSatisfy({ byteTokens[Int(word[index + $0])] >= 0 }) {
                for offset in 0..<length { state.merger.symbols.append(byteTokens[Int(word[index + offset])]) }
            } else if let unknown {
                if !fusesUnknown || state.merger.symbols.last != unknown { state.merger.symbols.append(unknown) }
            }
            index += length
        }
    }
}
