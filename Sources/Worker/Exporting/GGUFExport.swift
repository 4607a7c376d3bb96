import Tensors
import Transformers
import WeightFiles

/// Writes a GGUF with the adapter merged in: matrices as F16 or Q8_0, the rest as F32, under the base's own metadata.
package enum GGUFExport {
    /// Writes `path`. Matrices whose rows are no whole Q8_0 blocks become F16.
    package static func write(_ model: Model, base: GGUFFile, adapter: Adapter?, type: StorageType, to path: String) throws {
        // ggml's file types: 1 is "mostly F16", 7 "mostly Q8_0".
        var metadata = base.rawMetadata.filter { $0.key != "general.file_type" && !$0.key.hasPrefix("split.") }
            .map { ($0.key, GGUFWriter.Value.raw($0.bytes)) }
        metadata.append(("general.file_type", .uint32(type == .q8_0 ? 7 : 1)))
        try GGUFWriter.write(GGUFTensors(model, adapter: adapter, type: type).sources, metadata: metadata, to: path)
    }
}
