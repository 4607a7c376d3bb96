import Foundation
import Nouns
import Tensors
import Transformers
import WeightFiles

/// A base that only engines run, with what was trained on it: the weights that count, and adapters to them.
package struct EngineModel {
    /// What text and digests come from.
    package let base: EngineBase
    /// The base's tensors, or those that full fine-tuning put in their place.
    package let weights: EngineBase
    package let adapter: NamedAdapter

    /// Checks all digests. Throws ``ModelFailure``, a Failure (`model.digest`) and what `interruption` throws.
    package init(_ reference: ModelReference, interruption: Interruption) throws {
        try LoadedModel.checkDigests(reference.adapters, interruption: interruption)
        let base = try EngineBase(reference)
        self.base = base
        let whole = reference.adapters.lastIndex(where: LoadedModel.isWhole)
        // A trained folder has weights and no tokenizer.
        weights = try whole.map { try base.with(weights: reference.adapters[$0].path) } ?? base
        let rest = reference.adapters[(whole.map { $0 + 1 } ?? 0)...]
        adapter = try NamedAdapter(rest.map(\.path), for: weights)
    }

    /// What is found in its weights and adapters. Throws what `interruption` throws.
    package func inspection(interruption: Interruption) throws -> ModelInspection {
        let files = try base.files(interruption: interruption)
        let odd = try weights.nonFinite(interruption: interruption)
        var inspection = ModelInspection(
            baseDigest: LoadedModel.digest(of: files), tokenizerDigest: try base.tokenizerDigest(),
            templateDigest: base.templateDigest, nonFinite: odd.count, firstNonFinite: odd.first,
            parameters: weights.parameters)
        var square = 0.0
        if !adapter.modules.isEmpty {
            inspection.adapterParameters = adapter.count
            let change = adapter.change
            square = change.square / max(1, change.size)
            if !square.isFinite {
                inspection.nonFinite += 1
                inspection.firstNonFinite = inspection.firstNonFinite ?? "the adapter"
            }
            inspection.adapterChange = square.isFinite ? square.squareRoot() : nil
        }
        if weights.folder.path != base.folder.path {
            inspection.adapterParameters += weights.parameters
            let change = (square + weights.squareDistance(to: base)).squareRoot()
            inspection.adapterChange = change.isFinite ? change : nil
        }
        return inspection
    }
}

extension EngineBase {
    /// The same text with the tensors of another folder, which must have this one's names and shapes. Throws
    /// ``ModelFailure``.
    func with(weights path: String) throws -> EngineBase {
        let other = try HuggingFaceFolder(path: path)
        if let odd = other.tensors.first(where: { folder.tensors[$0.key]?.shape != $0.value.shape }) {
            throw ModelFailure(
                place: "\(path), \(odd.key)", problem: "the base has no tensor of that name and shape",
                remedy: "Use the base that these weights were trained from.")
        }
        return EngineBase(self, folder: other)
    }

    /// Mean square of the differences of matrices, over every eighth row.
    func squareDistance(to other: EngineBase) -> Double {
        var (square, count) = (0.0, 0.0)
        for (name, tensor) in folder.tensors where tensor.shape.count == 2 {
            guard let before = other.folder.tensors[name] else { continue }
            let (new, old) = (WeightMatrix(tensor), WeightMatrix(before))
            var (row, former) = ([Float](repeating: 0, count: new.in), [Float](repeating: 0, count: new.in))
            for index in stride(from: 0, to: new.out, by: 8) {
                row.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { new.row(index, into: start) } }
                former.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { old.row(index, into: start) } }
                square += zip(row, former).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
                count += Double(new.in)
            }
        }
        return square / max(1, count)
    }
}
