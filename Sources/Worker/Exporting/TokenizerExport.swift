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

    /// Writes the JSON of a configuration atomically, in which floats stay floats: 6.0 is refused as 6 where
    /// transformers asks for a float, and `JSONSerialization` makes that of it.
    static func put(configuration: [String: Any], to path: String) throws {
        let options: JSONSerialization.WritingOptions = [.withoutEscapingSlashes, .sortedKeys, .prettyPrinted]
        let data = try JSONSerialization.data(withJSONObject: marked(configuration), options: options)
        let text = String(decoding: data, as: UTF8.self)
        try WeightFolder.write(Data(text.replacing(/"\u{E000}([^"]*)"/) { $0.output.1 }.utf8), to: path)
    }

    /// The same with whole floats as texts behind a character of nobody's.
    private static func marked(_ value: Any) -> Any {
        switch value {
        case let members as [String: Any]: return members.mapValues(marked)
        case let elements as [Any]: return elements.map(marked)
        case let number as NSNumber where isFloat(number) && number.doubleValue.rounded() == number.doubleValue:
            return "\u{E000}\(number.doubleValue)"
        default: return value
        }
    }

    private static func isFloat(_ number: NSNumber) -> Bool { ["d", "f"].contains(String(cString: number.objCType)) }
}
