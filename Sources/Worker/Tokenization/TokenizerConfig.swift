import JSONDocument

/// What a `tokenizer_config.json` adds to a `tokenizer.json`.
struct TokenizerConfig {
    var bos: String?
    var eos: String?
    var unknown: String?
    var padding: String?
    var addsBOS: Bool?
    var addsEOS: Bool?
    var chatTemplate: String?

    init() {}

    init(_ bytes: [UInt8], source: String) throws {
        let node: JSONNode
        do {
            node = try bytes.withUnsafeBytes { try JSONReader.document($0, repetition: .lastCounts) }
        } catch let failure as JSONFailure {
            throw TokenizerFailure(failure, source: source)
        }
        func token(_ key: String) -> String? { node[key]?.string ?? node[key]?["content"]?.string }
        bos = token("bos_token")
        eos = token("eos_token")
        unknown = token("unk_token")
        padding = token("pad_token")
        addsBOS = node["add_bos_token"]?.bool
        addsEOS = node["add_eos_token"]?.bool
        chatTemplate =
            node["chat_template"]?.string
            ?? node["chat_template"]?.list?.first { $0["name"]?.string == "default" }?["template"]?.string
    }
}
