import CKernels
import Nouns
import Tensors
import Transformers

/// AdamW over flat parameters; semantics of PyTorch's `torch.optim.AdamW`.
final class Optimizer {
    let parameters: any Trainable
    let gradients: FloatBuffer
    let first: FloatBuffer
    let second: FloatBuffer
    /// Where decay towards the starting weights pulls to; nil without it.
    private let anchor: FloatBuffer?
    private let recipe: Recipe
    private let team: ThreadTeam
    /// Stretches that one task updates, short enough to keep every thread busy.
    private let groups: [ParameterGroup]
    private static let longestGroup = 1 << 18

    init(_ parameters: any Trainable, recipe: Recipe, team: ThreadTeam) throws {
        self.parameters = parameters
        self.recipe = recipe
        self.team = team
        gradients = try FloatBuffer(parameters.count)
        first = try FloatBuffer(parameters.count)
        second = try FloatBuffer(parameters.count)
        if recipe.startDecay > 0 {
            let copy = try FloatBuffer(parameters.count)
            copy.pointer.update(from: parameters.values.pointer, count: parameters.count)
            anchor = copy
        } else {
            anchor = nil
        }
        groups = parameters.groups.flatMap { group in
            stride(from: 0, to: group.count, by: Self.longestGroup).map {
                ParameterGroup(group.role, offset: group.offset + $0, count: min(Self.longestGroup, group.count - $0))
            }
        }
    }

    func clearGradients() {
        team.rows(parameters.count, grain: 4096) { rows, _ in
            (self.gradients.pointer + rows.lowerBound).update(repeating: 0, count: rows.count)
        }
    }

    /// The Euclidean norm of all gradients, summed in an order that does not depend on threads.
    func gradientNorm() -> Double {
        let size = 1 << 16
        let chunks = (parameters.count + size - 1) / size
        var sums = [Double](repeating: 0, count: chunks)
        sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums
            team.run(chunks) { chunk, _ in
                let from = chunk * size
                sums[chunk] = ck_sum_of_squares(
                    Int64(min(size, self.parameters.count - from)), self.gradients.pointer + from)
            }
        }
        return sums.reduce(0, +).squareRoot()
    }

    /// One update; `step` is 1-based, gradients are multiplied by `scale` (clipping) first.
    func update(step: Int, rate: Double, scale: Double) {
        team.run(groups.count) { index, _ in
            let group = self.groups[index]
            // LoRA+ (Hayou et al. 2024) lets B learn faster; norms and biases are never decayed.
            let rate = group.role == .lowRankB ? rate * self.recipe.loraPlusRatio : rate
            let decay = group.role == .vector ? 0 : self.recipe.weightDecay
            ck_adamw(
                Int64(group.count), self.parameters.values.pointer + group.offset,
                self.gradients.pointer + group.offset,
                self.first.pointer + group.offset, self.second.pointer + group.offset,
                self.anchor.map { UnsafePointer($0.pointer + group.offset) },
                Float(scale), Float(rate), Float(self.recipe.beta1), Float(self.recipe.beta2),
                Float(self.recipe.epsilon),
                Float(decay), Float(self.recipe.startDecay), Int64(step))
        }
    }
}
