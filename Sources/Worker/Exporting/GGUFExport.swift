import ModelLoading
import Tensors
import Tokenization
import Transformers
import WeightFiles

/// Writes a GGUF with the adapter merged in: matrices as F16 or Q8_0, the rest as F32.
package enum GGUFExport {
    /// Where the metadata comes from.
    package enum Base {
        /// A GGUF whose own metadata is kept.
        case gguf(GGUFFile)
        /// A model of another format: its tokenizer, its name, and its path for messages.
        case other(TokenizerDefinition, name: String, path: String)
    }

    private static let templateKey = "tokenizer.chat_template"

    /// Says the shape of a model without the layers that guess ahead, where the file that it came from has some.
    private static func leaveOutAhead(
        _ c: ModelConfiguration, _ file: GGUFFile, _ metadata: inout [(String, GGUFWriter.Value)]
    ) throws {
        let facts = c.family.facts
        guard facts.guessesAhead(file) > 0 else { return }
        let own =
            [("block_count", GGUFWriter.Value.uint32(UInt32(clamping: c.layers)))]
            + (try facts.ggufKeys(c, place: file.path))
        let gone = Set(own.map(\.0) + ["nextn_predict_layers", "attention.recurrent_layers"])
        metadata.removeAll { key, _ in gone.contains { key == "\(facts.architecture).\($0)" } }
        metadata += own.map { ("\(facts.architecture).\($0)", $1) }
    }

    /// Writes `path`, with the chat template that is given in place of the base's own. Matrices whose rows are no whole
    /// Q8_0 blocks become F16. Throws what `interruption`, asked every megabyte, throws.
    package static func write(
        _ model: Model, base: Base, adapter: Adapter?, template given: String? = nil, type: StorageType,
        to path: String,
        interruption: Interruption = {}
    ) throws {
        var metadata: [(String, GGUFWriter.Value)]
        switch base {
        case .gguf(let file):
            let template = try given ?? TokenizerFile(file).definition.chatTemplate
            let isGiven = template != file.metadata[templateKey]?.string
            metadata = file.rawMetadata.filter {
                $0.key != "general.file_type" && !$0.key.hasPrefix("split.") && !(isGiven && $0.key == templateKey)
            }.map { ($0.key, GGUFWriter.Value.raw($0.bytes)) }
            try leaveOutAhead(model.configuration, file, &metadata)
            // The one that lies beside the file is what was trained with.
            if isGiven, let template { metadata.append((templateKey, .text(template))) }
        case .other(let tokenizer, let name, let place):
            metadata = try GGUFMetadata.make(model.configuration, tokenizer: tokenizer, name: name, place: place)
        }
        // ggml's file types: 1 is "mostly F16", 7 "mostly Q8_0".
        metadata.append(("general.file_type", .uint32(type == .q8_0 ? 7 : 1)))
        try GGUFWriter.write(
            GGUFTensors(model, adapter: adapter, type: type).sources, metadata: metadata, to: path,
            interruption: interruption)
    }
}
