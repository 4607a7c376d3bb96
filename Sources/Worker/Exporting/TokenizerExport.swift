import Foundation
import WeightFiles

/// Writes `tokenizer.json` and `tokenizer_config.json` from the tokenizer inside a GGUF.
///
/// Source: the format of huggingface/tokenizers, and transformers' own converter of GGUF files.
enum TokenizerExport {
    /// Writes both files into `folder`.
    static func write(_ gguf: GGUFFile, to folder: String) throws {
        let model = try gguf.required("tokenizer.ggml.model", "text") { $0.string }
        let tokens = try gguf.required("tokenizer.ggml.tokens", "a list of texts") { texts($0) }
        var types = [Int64](repeating: 1, count: tokens.count)
        if case .integers(let stored)? = gguf.metadata["tokenizer.ggml.token_type"], stored.count == tokens.count { types = stored }
        var json: [String: Any]
        switch model {
        case "gpt2": json = try byteLevel(gguf, tokens)
        case "llama": json = try sentencePiece(gguf, tokens)
        default:
            throw ExportFailure(
                place: "\(gguf.path), tokenizer.ggml.model", problem: "a '\(model)' tokenizer cannot be written as tokenizer.json",
                remedy: "Export as GGUF instead.")
        }
        // Types 3 (control) and 2 (unknown) are special; 4 (user-defined) is added but ordinary text.
        json["added_tokens"] = tokens.indices.filter { [2, 3, 4].contains(types[$0]) && !tokens[$0].isEmpty }.map { id in
            [
                "id": id, "content": tokens[id], "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                "special": types[id] != 4,
            ] as [String: Any]
        }
        json["version"] = "1.0"
        for key in ["truncation", "padding"] { json[key] = NSNull() }
        try put(json, to: folder + "/tokenizer.json", sorted: false)
        try put(config(gguf, tokens), to: folder + "/tokenizer_config.json", sorted: true)
    }

    private static func config(_ gguf: GGUFFile, _ tokens: [String]) -> [String: Any] {
        func name(_ key: String) -> String? {
            gguf.metadata["tokenizer.ggml.\(key)_token_id"]?.integer.flatMap { tokens.indices.contains($0) ? tokens[$0] : nil }
        }
        var config: [String: Any] = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
            "add_bos_token": addsBOS(gguf), "add_eos_token": gguf.metadata["tokenizer.ggml.add_eos_token"]?.bool ?? false,
        ]
        for (key, token) in [("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")] {
            config[key] = name(token)
        }
        config["chat_template"] = gguf.metadata["tokenizer.chat_template"]?.string
        config["model_max_length"] = gguf.metadata.first { $0.key.hasSuffix(".context_length") }?.value.integer
        return config
    }

    private static func addsBOS(_ gguf: GGUFFile) -> Bool {
        let pre = gguf.metadata["tokenizer.ggml.pre"]?.string ?? ""
        let fallback = gguf.metadata["tokenizer.ggml.model"]?.string == "llama" || ["llama-bpe", "llama3", "llama-v3"].contains(pre)
        return gguf.metadata["tokenizer.ggml.add_bos_token"]?.bool ?? fallback
    }

    /// GPT-2's bytes-as-characters BPE with the pre-tokenizer that the GGUF names.
    private static func byteLevel(_ gguf: GGUFFile, _ tokens: [String]) throws -> [String: Any] {
        let merges = try gguf.required("tokenizer.ggml.merges", "a list of texts") { texts($0) }
        let pre = gguf.metadata["tokenizer.ggml.pre"]?.string ?? "gpt-2"
        let plain: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true]
        let after: [String: Any] = ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false]
        func split(_ pattern: String) -> [String: Any] {
            [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": pattern], "behavior": "Isolated", "invert": false] as [String: Any], after,
                ],
            ]
        }
        let preTokenizer: [String: Any]
        var normalizer: Any = NSNull()
        switch pre {
        case "gpt-2", "gpt2", "mpt", "olmo", "jais", "phi-2": preTokenizer = plain
        case "smollm", "starcoder", "refact", "command-r", "codeshell":
            preTokenizer = ["type": "Sequence", "pretokenizers": [["type": "Digits", "individual_digits": true] as [String: Any], plain]]
        case "llama-bpe", "llama3", "llama-v3", "dbrx", "smaug-bpe":
            preTokenizer = split(
                #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
        case "qwen2", "deepseek-r1-qwen":
            normalizer = ["type": "NFC"]
            preTokenizer = split(
                #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
        default:
            throw ExportFailure(
                place: "\(gguf.path), tokenizer.ggml.pre", problem: "the pre-tokenizer '\(pre)' cannot be written as tokenizer.json",
                remedy: "Export as GGUF instead.")
        }
        var json: [String: Any] = [
            "normalizer": normalizer, "pre_tokenizer": preTokenizer, "decoder": plain,
            "model": bpe(tokens, merges, unknown: nil, byteFallback: false, ignoreMerges: pre.hasPrefix("llama")),
        ]
        json["post_processor"] = postProcessor(gguf, tokens) ?? plain
        return json
    }

    /// SentencePiece BPE with byte fallback; its merges follow from the scores.
    private static func sentencePiece(_ gguf: GGUFFile, _ tokens: [String]) throws -> [String: Any] {
        let scores = try gguf.required("tokenizer.ggml.scores", "a list of numbers") { if case .numbers(let n) = $0 { n } else { nil } }
        guard scores.count == tokens.count else {
            throw ExportFailure(
                place: "\(gguf.path), tokenizer.ggml.scores", problem: "\(scores.count) scores for \(tokens.count) tokens",
                remedy: "Convert the model again with a current llama.cpp.")
        }
        let prefixed = gguf.metadata["tokenizer.ggml.add_space_prefix"]?.bool ?? true
        let replace: [String: Any] = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        let normalizer: [String: Any] =
            prefixed ? ["type": "Sequence", "normalizers": [["type": "Prepend", "prepend": "▁"] as [String: Any], replace]] : replace
        var decoders: [[String: Any]] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        if prefixed { decoders.append(["type": "Strip", "content": " ", "start": 1, "stop": 0]) }
        let unknown = gguf.metadata["tokenizer.ggml.unknown_token_id"]?.integer.flatMap { tokens.indices.contains($0) ? tokens[$0] : nil }
        return [
            "normalizer": normalizer, "pre_tokenizer": NSNull(), "decoder": ["type": "Sequence", "decoders": decoders] as [String: Any],
            "post_processor": postProcessor(gguf, tokens) as Any? ?? NSNull(),
            "model": bpe(tokens, merges(tokens, scores), unknown: unknown, byteFallback: true, ignoreMerges: false),
        ]
    }

    /// Every way to join two pieces into a third, the highest-scored result first.
    private static func merges(_ tokens: [String], _ scores: [Float]) -> [String] {
        var known: [String: Int] = [:]
        for (id, token) in tokens.enumerated() { known[token] = id }
        var found: [(score: Float, left: Int, right: Int, text: String)] = []
        for (id, token) in tokens.enumerated() {
            let scalars = Array(token.unicodeScalars)
            guard scalars.count > 1 else { continue }
            for cut in 1..<scalars.count {
                var left = String.UnicodeScalarView()
                left.append(contentsOf: scalars[..<cut])
                var right = String.UnicodeScalarView()
                right.append(contentsOf: scalars[cut...])
                if let l = known[String(left)], let r = known[String(right)] {
                    found.append((scores[id], l, r, "\(String(left)) \(String(right))"))
                }
            }
        }
        found.sort { ($1.score, $0.left, $0.right) < ($0.score, $1.left, $1.right) }
        return found.map(\.text)
    }

    private static func bpe(_ tokens: [String], _ merges: [String], unknown: String?, byteFallback: Bool, ignoreMerges: Bool)
        -> [String: Any]
    {
        var vocabulary: [String: Int] = [:]
        for (id, token) in tokens.enumerated() where !token.isEmpty { vocabulary[token] = id }
        return [
            "type": "BPE", "dropout": NSNull(), "unk_token": unknown as Any? ?? NSNull(), "continuing_subword_prefix": NSNull(),
            "end_of_word_suffix": NSNull(), "fuse_unk": byteFallback, "byte_fallback": byteFallback, "ignore_merges": ignoreMerges,
            "vocab": vocabulary, "merges": merges,
        ]
    }

    /// Puts the BOS in front where the model wants one.
    private static func postProcessor(_ gguf: GGUFFile, _ tokens: [String]) -> [String: Any]? {
        guard addsBOS(gguf), let bos = gguf.metadata["tokenizer.ggml.bos_token_id"]?.integer, tokens.indices.contains(bos) else {
            return nil
        }
        let special: [String: Any] = ["SpecialToken": ["id": tokens[bos], "type_id": 0] as [String: Any]]
        func sequence(_ id: String, _ type: Int) -> [String: Any] { ["Sequence": ["id": id, "type_id": type] as [String: Any]] }
        return [
            "type": "TemplateProcessing", "single": [special, sequence("A", 0)],
            "pair": [special, sequence("A", 0), special, sequence("B", 1)],
            "special_tokens": [tokens[bos]: ["id": tokens[bos], "ids": [bos], "tokens": [tokens[bos]]] as [String: Any]],
        ]
    }

    private static func texts(_ value: GGUFValue) -> [String]? { if case .texts(let texts) = value { texts } else { nil } }

    /// Writes JSON atomically.
    static func put(_ json: [String: Any], to path: String, sorted: Bool) throws {
        var options: JSONSerialization.WritingOptions = [.withoutEscapingSlashes]
        if sorted { options.formUnion([.sortedKeys, .prettyPrinted]) }
        try WeightFolder.write(try JSONSerialization.data(withJSONObject: json, options: options), to: path)
    }
}
