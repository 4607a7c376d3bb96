extension TokenizerDefinition {
    /// The `tokenizer.ggml.*` values that describe this tokenizer to llama.cpp, for weights of `vocabulary` rows.
    ///
    /// Throws `TokenizerFailure` for what a GGUF cannot say. Source: llama.cpp `convert_hf_to_gguf.py` and
    /// `llama-vocab.cpp`.
    package func ggufValues(vocabulary: Int) throws -> GGUFValues {
        func refused(_ location: String, _ problem: String) -> TokenizerFailure {
            TokenizerFailure(
                source: source, location: location, problem: problem, remedy: "Export as a Hugging Face folder instead")
        }
        guard tokens.count <= vocabulary else {
            throw refused("vocabulary", "\(tokens.count) tokens are more than the \(vocabulary) rows of the weights")
        }
        var values = GGUFValues(model: spelling == .bytes ? "gpt2" : "llama", tokens: [])
        values.tokens.reserveCapacity(vocabulary)
        var types: [Int32] = []
        for id in 0..<vocabulary {
            guard id < tokens.count, !tokens[id].isEmpty else {
                // Weights may have more rows than there are tokens; every row needs a name of its own.
                values.tokens.append("[PAD\(id)]")
                types.append(Int32(TokenKind.unused.rawValue))
                continue
            }
            // llama.cpp looks for user-defined pieces in the text before its spaces become marks.
            let isRaw = spelling == .sentencePiece && kinds[id] == .userDefined
            values.tokens.append(
                isRaw
                    ? tokens[id].split(separator: "▁", omittingEmptySubsequences: false).joined(separator: " ")
                    : tokens[id])
            types.append(Int32(kinds[id].rawValue))
        }
        values.types = types
        switch (spelling, merges) {
        case (.bytes, .pairs(let pairs)):
            values.merges = pairs.map { $0.left + " " + $0.right }
            values.pre = try ggufPreTokenizer { refused("pre_tokenizer", $0) }
            if case .gpt2(addPrefixSpace: true) = preTokenizer { values.addSpacePrefix = true }
        case (.sentencePiece, let merges):
            values.scores = scores(merges, types)
            values.addSpacePrefix = try addsSpacePrefix { refused("normalizer", $0) }
            values.pre = "default"
        case (.bytes, .scores): throw refused("model", "byte pieces that merge by scores have no GGUF form")
        }
        (values.bos, values.eos, values.unknown, values.padding) = (bos, eos, unknown, padding)
        values.addBOS = bos.map { prefix.contains($0) } ?? false
        values.addEOS = eos.map { suffix.contains($0) } ?? false
        values.chatTemplate = chatTemplate
        return values
    }

    private func ggufPreTokenizer(_ refused: (String) -> TokenizerFailure) throws -> String {
        let name: String
        var expected: [Normalizer] = []
        switch preTokenizer {
        case .gpt2: name = "gpt-2"
        case .digitsThenGPT2: name = "smollm"
        case .llama3: name = ignoresMerges ? "llama-bpe" : "smaug-bpe"
        case .qwen2, .qwen35:
            name = preTokenizer == .qwen2 ? "qwen2" : "qwen35"
            // llama.cpp leaves composition out; text that is composed already, as almost all is, gives the same ids.
            expected = [.nfc]
        case .none, .metaspace:
            throw refused("a byte-level vocabulary without a byte-level pre-tokenizer has no GGUF form")
        }
        guard normalizers.isEmpty || normalizers == expected else { throw refused("its normalizers have no GGUF form") }
        return name
    }

    /// The score of each piece, such that merging by scores follows the written merges: minus the rank of the first
    /// merge that makes it.
    private func scores(_ merges: Merges, _ types: [Int32]) -> [Float] {
        var result = [Float](repeating: 0, count: types.count)
        switch merges {
        case .scores(let scores):
            for (id, score) in scores.enumerated() { result[id] = score }
        case .pairs(let pairs):
            // By bytes: canonically equivalent strings are different pieces.
            var ranks: [[UInt8]: Int] = [:]
            ranks.reserveCapacity(pairs.count)
            for (rank, pair) in pairs.enumerated() {
                let piece = Array(pair.left.utf8) + Array(pair.right.utf8)
                if ranks[piece] == nil { ranks[piece] = rank }
            }
            for (id, token) in tokens.enumerated() where kinds[id] == .normal || kinds[id] == .userDefined {
                // What no merge makes, such as single characters, goes last.
                result[id] = -Float(ranks[Array(token.utf8)] ?? pairs.count)
            }
        }
        return result
    }

    private func addsSpacePrefix(_ refused: (String) -> TokenizerFailure) throws -> Bool {
        switch preTokenizer {
        case .metaspace(let prefix, _):
            guard normalizers.isEmpty else { throw refused("its normalizers have no GGUF form") }
            return prefix != .never
        case .none:
            switch normalizers {
            case [.replace(" ", with: "▁")]: return false
            case [.prepend("▁"), .replace(" ", with: "▁")]: return true
            default: throw refused("its normalizers have no GGUF form")
            }
        default: throw refused("a SentencePiece vocabulary with this pre-tokenizer has no GGUF form")
        }
    }
}
