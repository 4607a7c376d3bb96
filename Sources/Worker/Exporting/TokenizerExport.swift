import Foundation
import ModelLoading
import WeightFiles

/// Writes `tokenizer.json` and `tokenizer_config.json` from the tokenizer inside a GGUF.
enum TokenizerExport {
    /// Writes both files into `folder`.
    static func write(_ gguf: GGUFFile, to folder: String) throws {
        let definition = try TokenizerFile(gguf).definition
        let context = gguf.metadata.first { $0.key.hasSuffix(".context_length") }?.value.integer
        try WeightFolder.write(Data(definition.tokenizerJSON()), to: folder + "/tokenizer.json")
        try WeightFolder.write(
            Data(definition.tokenizerConfigJSON(contextLength: context)), to: folder + "/tokenizer_config.json")
    }

    /// Writes JSON atomically.
    static func put(_ json: [String: Any], to path: String, sorted: Bool) throws {
        var options: JSONSerialization.WritingOptions = [.withoutEscapingSlashes]
        if sorted { options.formUnion([.sortedKeys, .prettyPrinted]) }
        try WeightFolder.write(try JSONSerialization.data(withJSONObject: json, options: options), to: path)
    }
}
