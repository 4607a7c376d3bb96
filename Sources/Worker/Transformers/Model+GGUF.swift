import Tensors
import WeightFiles

extension Model {
    /// Builds the model that a GGUF file holds, mapped and still quantised.
    ///
    /// Throws ``ModelFailure`` where the architecture, a key or a shape is not one the engine runs, and where the file
    /// holds something else than a whole model.
    package init(gguf: GGUFFile) throws {
        try Self.checkWhole(gguf)
        let architecture = try gguf.required("general.architecture", "text") { $0.string }
        let family = try Self.requireFamily(architecture: architecture, at: gguf.path)
        let layout = family.facts.gguf
        let vocabulary = try gguf.tensor(layout.root + layout.embedding + ".weight").rows
        let c = try family.facts.shape(
            gguf, vocabulary: vocabulary, tied: gguf.tensors[layout.head + ".weight"] == nil)
        let shelf = TensorShelf(file: gguf.path, layout: layout, root: layout.root) { gguf.tensors[$0] }
        try shelf.checkNames(gguf.tensorNames, c) { name in
            ["rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"].contains(name)
                && c.rope?.scaling != ModelConfiguration.Rope.Scaling.none
                || family.facts.guessesAhead(gguf) > 0
                    && (layout.layer(of: name) ?? 0) >= c.layers
                || family.facts.declaredMetadata.harmlessPrefixes.contains("vision.")
                    && (name.hasPrefix("v.") || name.hasPrefix("mm."))
        }
        try self.init(c, shelf, parameters: gguf.tensors.values.reduce(0) { $0 + $1.count }, of: gguf.tensors)
    }

    /// A number as the names of parts have it.
    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// Refuses files that hold a part of a model, or something that goes with one.
    private static func checkWhole(_ gguf: GGUFFile) throws {
        if let count = gguf.metadata["split.count"]?.integer, count > 1 {
            let number = (gguf.metadata["split.no"]?.integer ?? 0) + 1
            throw ModelFailure(
                place: "\(gguf.path), split.count", problem: "this is part \(number) of \(count) of a model",
                remedy: "Give the first part, NAME-00001-of-\(Self.padded(count)).gguf, with the others beside it.")
        }
        switch gguf.metadata["general.type"]?.string {
        case "adapter"?:
            throw ModelFailure(
                place: "\(gguf.path), general.type", problem: "this is a LoRA adapter, not a model",
                remedy: "Give the model that it belongs to, or merge both with llama-export-lora first.")
        case "mmproj"?:
            throw ModelFailure(
                place: "\(gguf.path), general.type", problem: "this is the projector of a model that sees, not a model",
                remedy: "Give the model file that lies beside it.")
        case let kind? where kind != "model":
            throw ModelFailure(
                place: "\(gguf.path), general.type", problem: "this is of type '\(kind)', not a model",
                remedy: "Give a model file.")
        default: break
        }
    }
}
