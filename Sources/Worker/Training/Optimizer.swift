import CKernels
import Contracts
import Tensors
import Transformers

/// AdamW over the adapter's flat parameters; semantics of PyTorch's `torch.optim.AdamW`.
final class Optimizer {
    let adapter: Adapter
    let gradients: FloatBuffer
    let first: FloatBuffer
    let second: FloatBuffer
    /// Where decay towards the starting weights pulls to; nil without it.
    private let anchor: FloatBuffer?
    private let recipe: Recipe
    private let team: ThreadTeam
    /// Ranges of parameters that share a learning rate: (offset, count, multiple of the rate).
    private let groups: [(offset: Int, count: Int, factor: Double)]

    init(_ adapter: Adapter, recipe: Recipe, team: ThreadTeam) throws {
        self.adapter = adapter
        self.recipe = recipe
        self.team = team
        gradients = try FloatBuffer(adapter.count)
        first = try FloatBuffer(adapter.count)
        second = try FloatBuffer(adapter.count)
        if recipe.startDecay > 0 {
            let copy = try FloatBuffer(adapter.count)
            copy.pointer.update(from: adapter.values.pointer, count: adapter.count)
            anchor = copy
        } else {
            anchor = nil
        }
        let rank = adapter.layout.rank
        groups = adapter.places.flatMap {
            [($0.a, $0.inner * rank, 1.0), ($0.b, $0.outer * rank, recipe.loraPlusRatio)]
        }
    }

    func clearGradients() {
        team.rows(adapter.count, grain: 4096) { rows, _ in
            (self.gradients.pointer + rows.lowerBound).update(repeating: 0, count: rows.count)
        }
    }

    /// The Euclidean norm of all gradients, summed in an order that does not depend on threads.
    func gradientNorm() -> Double {
        let size = 1 << 16
        let chunks = (adapter.count + size - 1) / size
        var sums = [Double](repeating: 0, count: chunks)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            team.run(chunks) { chunk, _ in
                let from = chunk * size
                sums[chunk] = ck_sum_of_squares(Int64(min(size, self.adapter.count - from)), self.gradients.pointer + from)
            }
        }
        return sums.reduce(0, +).squareRoot()
    }

    /// One update; `step` is 1-based, gradients are multiplied by `scale` (clipping) first.
    func update(step: Int, rate: Double, scale: Double) {
        team.run(groups.count) { index, _ in
            let group = self.groups[index]
            ck_adamw(
                Int64(group.count), self.adapter.values.pointer + group.offset, self.gradients.pointer + group.offset,
                self.first.pointer + group.offset, self.second.pointer + group.offset, self.anchor.map { UnsafePointer($0.pointer + group.offset) },
                Float(scale), Float(rate * group.factor), Float(self.recipe.beta1), Float(self.recipe.beta2), Float(self.recipe.epsilon),
                Float(self.recipe.weightDecay), Float(self.recipe.startDecay), Int64(step))
        }
    }
}
