import Tensors
import WeightFiles

/// Reads and writes adapters as llama.cpp has them: one GGUF file of type `adapter`, which is loaded beside the GGUF of
/// the base.
///
/// Source: llama.cpp `convert_lora_to_gguf.py` and `src/llama-adapter.cpp`.
package enum AdapterGGUF {
    static let rankNote = "finetuned.rank"

    /// Writes `adapter` of `model` to `path`, in floats, under the names and in the order of rows of the base's GGUF.
    ///
    /// - Parameter name: what the adapter is called in the file.
    package static func write(_ adapter: Adapter, of model: Model, name: String, to path: String) throws {
        let c = model.configuration
        let layout = c.family.facts.gguf
        let rank = adapter.layout.rank
        var tensors: [TensorSource] = []
        for pair in FactorPair.all(adapter, of: model, layout) {
            guard let place = layout.name(pair.role) else { continue }
            // llama.cpp multiplies by alpha / rank of the factors themselves, which are wider for a fused matrix.
            let ratio = Float(pair.rank / rank)
            var b = ratio == 1 ? pair.b : pair.b.map { $0 * ratio }
            if case .projection(_, let projection) = pair.role, layout.interleaved.contains(projection) {
                b = Self.rows(b, columns: pair.rank, head: c.headSize, stored: true)
            }
            tensors.append(
                TensorSource(name: place + ".weight.lora_a", shape: [pair.rank, pair.inner], values: pair.a))
            tensors.append(TensorSource(name: place + ".weight.lora_b", shape: [pair.outer, pair.rank], values: b))
        }
        try GGUFWriter.write(
            tensors,
            metadata: [
                ("general.architecture", .text(c.family.facts.architecture)), ("general.type", .text("adapter")),
                ("general.name", .text(name)), ("adapter.type", .text("lora")),
                ("adapter.lora.alpha", .float32(adapter.layout.scale * Float(rank))),
                (rankNote, .uint32(UInt32(clamping: rank))),
            ], to: path)
    }

    /// Rows of B in the order in which the file's format keeps those of a rotated projection, or back.
    static func rows(_ b: [Float], columns: Int, head: Int, stored: Bool) -> [Float] {
        var result = b
        for row in 0..<b.count / max(1, columns) {
            let place = row % head
            let logical = row - place + place / 2 + place % 2 * (head / 2)
            let (from, to) = stored ? (logical, row) : (row, logical)
            result.replaceSubrange(to * columns..<(to + 1) * columns, with: b[from * columns..<(from + 1) * columns])
        }
        return result
    }
}

extension AdapterPart {
    /// Reads an adapter that is a GGUF file. Throws ``ModelFailure`` naming the key or tensor at fault, and
    /// ``WeightFileError`` for what is no GGUF.
    init(gguf path: String, model: Model) throws {
        func failure(_ place: String, _ problem: String) -> ModelFailure {
            ModelFailure(place: "\(path), \(place)", problem: problem, remedy: "Use a LoRA adapter of this base.")
        }
        let file = try GGUFFile(path: path)
        let c = model.configuration
        let layout = c.family.facts.gguf
        for (key, wanted) in [
            ("general.type", "adapter"), ("adapter.type", "lora"),
            ("general.architecture", c.family.facts.architecture),
        ] where file.metadata[key]?.string != wanted {
            throw failure(key, "this is '\(file.metadata[key]?.string ?? "")' where '\(wanted)' is expected")
        }
        guard let alpha = file.metadata["adapter.lora.alpha"]?.double, alpha.isFinite else {
            throw failure("adapter.lora.alpha", "this key is missing, or is no number")
        }
        let note = file.metadata[AdapterGGUF.rankNote]?.integer
        let (down, up) = (".weight.lora_a", ".weight.lora_b")
        if let stray = file.tensorNames.first(where: { !$0.hasSuffix(down) && !$0.hasSuffix(up) }) {
            throw failure(stray, "this tensor is no low-rank factor")
        }
        for name in file.tensorNames where name.hasSuffix(down) {
            let stem = String(name.dropLast(down.count))
            guard let a = file.tensors[name], let b = file.tensors[stem + up], a.shape.count == 2, b.shape.count == 2,
                b.columns == a.rows, a.rows > 0
            else { throw failure(name, "this is no pair of low-rank factors of a layer") }
            guard let role = layout.role(stem) else { throw failure(name, "this module cannot have an adapter here") }
            var values = b.floats()
            if case .projection(_, let projection) = role, layout.interleaved.contains(projection),
                b.rows % c.headSize == 0
            {
                values = AdapterGGUF.rows(values, columns: b.columns, head: c.headSize, stored: false)
            }
            try add(
                role, layout, a: a.floats(), b: values, rank: a.rows,
                scale: alpha == 0 ? 1 : Float(alpha / Double(a.rows)), note: note, model
            ) { failure(name, $0) }
        }
        guard !factors.isEmpty else { throw failure("tensors", "the adapter holds no factors") }
        summarise()
    }
}
