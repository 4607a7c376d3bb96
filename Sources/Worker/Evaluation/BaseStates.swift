import Foundation
import ModelLoading
import Nouns
import Transformers
import WeightFiles

/// What a base makes of prompts: the last residual stream after its norm, at each prompt's last token. Kept in a file
/// by the digest of the base, and of each row.
struct BaseStates {
    /// By row.
    private(set) var states: [RowID: [Float]] = [:]
    /// The digest of the base and how its prompts are written.
    private let model: String
    private let encoder: RowEncoder
    private let transformer: Transformer
    private let memoryBytes: Int
    private let longest: Int

    /// - Parameters:
    ///   - model: a digest of the base and of how its prompts are written.
    ///   - longest: tokens of a prompt that are read, from its end.
    init(model: String, encoder: RowEncoder, transformer: Transformer, memoryBytes: Int, longest: Int) {
        self.model = "\(model) \(longest)"
        self.encoder = encoder
        self.transformer = transformer
        self.memoryBytes = memoryBytes
        self.longest = max(1, min(longest, transformer.model.configuration.context - 1))
    }

    private static let tensor = "states"

    /// Takes the states of a file that was written for the same base; one that is of another, or damaged, is passed
    /// over, since all can be computed anew.
    mutating func take(_ file: FileReference) {
        guard let stored = try? SafetensorsFile(path: file.path), stored.metadata["model"] == model,
            let tensor = stored.tensors[Self.tensor], tensor.type == .f32, let rows = stored.metadata["rows"]
        else { return }
        let width = transformer.model.configuration.width
        let names = rows.split(separator: ",")
        guard tensor.shape == [names.count, width] else { return }
        let numbers = tensor.bytes
        for (place, name) in names.enumerated() {
            states[RowID(String(name))] = (0..<width).map {
                numbers.loadUnaligned(fromByteOffset: 4 * (place * width + $0), as: Float.self)
            }
        }
    }

    /// Computes what is not known yet. A row that cannot be encoded is left out.
    mutating func compute(_ rows: [Row], _ observer: WorkObserver) throws {
        var asked: [RowID] = []
        var sequences: [TokenSequence] = []
        for row in rows where states[row.id] == nil {
            try observer.interruption()
            guard let prompt = try? encoder.prompt(row), let last = prompt.last else { continue }
            let ids = Array(prompt.suffix(longest))
            // A label marks the token before it; which one follows does not matter.
            sequences.append(
                TokenSequence(ids: ids + [last], weights: [Float](repeating: 0, count: ids.count) + [1]))
            asked.append(row.id)
        }
        guard !sequences.isEmpty else { return }
        observer.stage("reading the base's states")
        let scorer = SequenceScorer(transformer, memoryBytes: memoryBytes)
        try scorer.pass(
            sequences, progress: { observer.progress($0, sequences.count, "prompts") },
            interruption: observer.interruption
        ) { tree, batch in
            for (site, state) in zip(tree.labels, try transformer.states(tree)) {
                states[asked[batch[Int(site.sequence)]]] = state
            }
        }
    }

    /// Writes the states of these rows. Throws ``WeightFileError`` and what `interruption` throws.
    func write(_ rows: [RowID], to path: String, interruption: Interruption) throws {
        let known = Set(rows).filter { states[$0] != nil }.sorted { $0.rawValue < $1.rawValue }
        let width = transformer.model.configuration.width
        let source = TensorSource(
            name: Self.tensor, shape: [known.count, width], values: known.flatMap { states[$0] ?? [] })
        try SafetensorsWriter.write(
            [source], metadata: ["model": model, "rows": known.map(\.rawValue).joined(separator: ",")], to: path,
            interruption: interruption)
    }
}
