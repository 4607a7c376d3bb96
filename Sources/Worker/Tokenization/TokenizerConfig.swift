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
            node = try bytes.withUnsafeBufferPointer { buffer in
                var reader = JSONReader(buffer)
                return try reader.node()
            }
        } catch let failure as JSONReader.Failure {
            throw TokenizerFailure(
                source: source, location: "offset \(failure.offset)", problem: failure.problem,
                remedy: "Fetch the file again")
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
            ?? node["chat_template"]?.array?.first { $0["name"] == .string("default") }?["template"]?.string
    }
}
