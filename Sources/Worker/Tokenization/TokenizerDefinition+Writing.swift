/// The definition as the files of a Hugging Face folder.
extension TokenizerDefinition {
    /// The bytes of a `tokenizer.json` with which the `tokenizers` library gives the same ids.
    package func tokenizerJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("version", "1.0")
            writer.member("truncation", String?.none)
            writer.member("padding", String?.none)
            writer.key("added_tokens")
            writer.array { writer in
                for token in addedTokens.sorted(by: { $0.id < $1.id }) { write(token, &writer) }
            }
            writeSteps(&writer)
            writer.key("model")
            writer.object { writeModel(&$0) }
        }
        return writer.bytes
    }

    /// The bytes of a `tokenizer_config.json`; `contextLength` becomes `model_max_length`.
    package func tokenizerConfigJSON(contextLength: Int?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("tokenizer_class", "PreTrainedTokenizerFast")
            writer.member("clean_up_tokenization_spaces", false)
            writer.member("add_bos_token", bos.map(prefix.contains) ?? false)
            writer.member("add_eos_token", eos.map(suffix.contains) ?? false)
            for (name, id) in [("bos_token", bos), ("eos_token", eos), ("unk_token", unknown), ("pad_token", padding)] {
                if let id { writer.member(name, self.name(of: id)) }
            }
            if let contextLength { writer.member("model_max_length", contextLength) }
            if let chatTemplate { writer.member("chat_template", chatTemplate) }
        }
        return writer.bytes
    }

    private func name(of id: Int32) -> String? {
        addedTokens.last { $0.id == id }?.content ?? (tokens.indices.contains(Int(id)) ? tokens[Int(id)] : nil)
    }

    private func write(_ token: AddedToken, _ writer: inout JSONWriter) {
        writer.element()
        writer.object { writer in
            writer.member("id", Int(token.id))
            writer.member("content", token.content)
            writer.member("single_word", token.isSingleWord)
            writer.member("lstrip", token.stripsLeft)
            writer.member("rstrip", token.stripsRight)
            writer.member("normalized", token.isNormalized)
            writer.member("special", token.isSpecial)
        }
    }

    // MARK: Model

    private func writeModel(_ writer: inout JSONWriter) {
        writer.member("type", "BPE")
        writer.member("dropout", String?.none)
        writer.member("unk_token", spelling == .sentencePiece ? unknown.flatMap(name) : nil)
        writer.member("continuing_subword_prefix", String?.none)
        writer.member("end_of_word_suffix", String?.none)
        writer.member("fuse_unk", fusesUnknown)
        writer.member("byte_fallback", fallsBackToBytes)
        writer.member("ignore_merges", ignoresMerges)
        writer.key("vocab")
        writer.object { writer in
            for (id, token) in tokens.enumerated() where !token.isEmpty { writer.member(token, id) }
        }
        writer.key("merges")
        writer.array { writer in
            func write(_ left: String, _ right: String) {
                writer.element()
                writer.array { writer in
                    writer.element()
                    writer.string(left)
                    writer.element()
                    writer.string(right)
                }
            }
            switch merges {
            case .pairs(let pairs): for pair in pairs { write(pair.left, pair.right) }
            case .scores(let scores):
                let table = TokenizerRules.merges(
                    scores: scores, pieces: TokenizerRules.pieces(of: self), kinds: kinds)
                for (left, right) in table.pairsByPriority() { write(tokens[Int(left)], tokens[Int(right)]) }
            }
        }
    }

    // MARK: Steps

    private func writeSteps(_ writer: inout JSONWriter) {
        var steps = normalizers
        var splitter = preTokenizer
        // From scores, spaces become marks in the normaliser, as SentencePiece does it: one is put in front even before
        // another.
        if case .scores = merges, case .metaspace(let scheme, _) = preTokenizer {
            if scheme != .never { steps.append(.prepend("▁")) }
            steps.append(.replace(" ", with: "▁"))
            splitter = .none
        }
        writer.key("normalizer")
        Self.writeSequence(steps.map { step in { Self.write(step, &$0) } }, "normalizers", &writer)
        writer.key("pre_tokenizer")
        Self.write(splitter, &writer)
        writer.key("post_processor")
        writePostProcessor(&writer)
        writer.key("decoder")
        writeDecoder(&writer)
    }

    private static func writeSequence(
        _ steps: [(inout JSONWriter) -> Void], _ list: String, _ writer: inout JSONWriter
    ) {
        if steps.isEmpty { return writer.raw("null") }
        if steps.count == 1 { return steps[0](&writer) }
        writer.object { writer in
            writer.member("type", "Sequence")
            writer.key(list)
            writer.array { writer in
                for step in steps {
                    writer.element()
                    step(&writer)
                }
            }
        }
    }

    private static func write(_ step: Normalizer, _ writer: inout JSONWriter) {
        writer.object { writer in
            switch step {
            case .prepend(let text):
                writer.member("type", "Prepend")
                writer.member("prepend", text)
            case .replace(let pattern, let content): writeReplace(pattern, content, &writer)
            case .nfc: writer.member("type", "NFC")
            case .nfd: writer.member("type", "NFD")
            case .nfkc: writer.member("type", "NFKC")
            case .nfkd: writer.member("type", "NFKD")
            case .lowercase: writer.member("type", "Lowercase")
            }
        }
    }

    private static func writeReplace(_ pattern: String, _ content: String, _ writer: inout JSONWriter) {
        writer.member("type", "Replace")
        writer.key("pattern")
        writer.object { $0.member("String", pattern) }
        writer.member("content", content)
    }

    private static func writeByteLevel(prefix: Bool, pattern: Bool, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "ByteLevel")
            writer.member("add_prefix_space", prefix)
            writer.member("trim_offsets", true)
            writer.member("use_regex", pattern)
        }
    }

    private static func write(_ step: PreTokenizer, _ writer: inout JSONWriter) {
        func split(_ pattern: String) {
            writeSequence(
                [
                    { writer in
                        writer.object { writer in
                            writer.member("type", "Split")
                            writer.key("pattern")
                            writer.object { $0.member("Regex", pattern) }
                            writer.member("behavior", "Isolated")
                            writer.member("invert", false)
                        }
                    }, { writeByteLevel(prefix: false, pattern: false, &$0) },
                ], "pretokenizers", &writer)
        }
        switch step {
        case .none: writer.raw("null")
        case .gpt2(let prefix): writeByteLevel(prefix: prefix, pattern: true, &writer)
        case .digitsThenGPT2:
            writeSequence(
                [
                    { writer in
                        writer.object { writer in
                            writer.member("type", "Digits")
                            writer.member("individual_digits", true)
                        }
                    }, { writeByteLevel(prefix: false, pattern: true, &$0) },
                ], "pretokenizers", &writer)
        case .llama3: split(TokenizerJSON.llama3Pattern)
        case .qwen2: split(TokenizerJSON.qwen2Pattern)
        case .qwen35: split(TokenizerJSON.qwen35Pattern)
        case .metaspace(let scheme, let splits):
            writer.object { writer in
                writer.member("type", "Metaspace")
                writer.member("replacement", "▁")
                writer.member("prepend_scheme", scheme == .never ? "never" : scheme == .first ? "first" : "always")
                writer.member("split", splits)
            }
        }
    }

    private func writePostProcessor(_ writer: inout JSONWriter) {
        guard !prefix.isEmpty || !suffix.isEmpty else {
            if spelling == .bytes {
                Self.writeByteLevel(prefix: false, pattern: true, &writer)
            } else {
                writer.raw("null")
            }
            return
        }
        func special(_ id: Int32, _ type: Int, _ writer: inout JSONWriter) {
            writer.element()
            writer.object { writer in
                writer.key("SpecialToken")
                writer.object { writer in
                    writer.member("id", name(of: id) ?? "")
                    writer.member("type_id", type)
                }
            }
        }
        func text(_ name: String, _ type: Int, _ writer: inout JSONWriter) {
            for id in prefix { special(id, type, &writer) }
            writer.element()
            writer.object { writer in
                writer.key("Sequence")
                writer.object { writer in
                    writer.member("id", name)
                    writer.member("type_id", type)
                }
            }
            for id in suffix { special(id, type, &writer) }
        }
        writer.object { writer in
            writer.member("type", "TemplateProcessing")
            writer.key("single")
            writer.array { text("A", 0, &$0) }
            writer.key("pair")
            writer.array { writer in
                text("A", 0, &writer)
                text("B", 1, &writer)
            }
            writer.key("special_tokens")
            writer.object { writer in
                for id in Set(prefix + suffix).sorted() {
                    let name = name(of: id) ?? ""
                    writer.key(name)
                    writer.object { writer in
                        writer.member("id", name)
                        writer.key("ids")
                        writer.raw("[\(id)]")
                        writer.key("tokens")
                        writer.array { writer in
                            writer.element()
                            writer.string(name)
                        }
                    }
                }
            }
        }
    }

    private func writeDecoder(_ writer: inout JSONWriter) {
        if spelling == .bytes { return Self.writeByteLevel(prefix: true, pattern: true, &writer) }
        var steps: [(inout JSONWriter) -> Void] = [
            { writer in writer.object { Self.writeReplace("▁", " ", &$0) } },
            { writer in writer.object { $0.member("type", "ByteFallback") } },
            { writer in writer.object { $0.member("type", "Fuse") } },
        ]
        if stripsLeadingSpace {
            steps.append { writer in
                writer.object { writer in
                    writer.member("type", "Strip")
                    writer.member("content", " ")
                    writer.member("start", 1)
                    writer.member("stop", 0)
                }
            }
        }
        Self.writeSequence(steps, "decoders", &writer)
    }
}
