import CKernels

#if canImport(Glibc)
    import Glibc
#endif

/// Picks a token from logits. What is drawn depends on the seed, the prompt's index and the token's place alone, never
/// on which other prompts share the batch.
package struct Sampler: Sendable {
    package let options: GenerationOptions

    package init(options: GenerationOptions) { self.options = options }

    /// The next token of prompt `prompt` at place `place` of its answer; `attempt` tells repeated draws apart.
    package func pick(_ logits: UnsafePointer<Float>, vocabulary: Int, prompt: Int, place: Int, attempt: Int = 0)
        -> Int32
    {
        guard options.temperature > 0 else { return Int32(ck_argmax(Int64(vocabulary), logits)) }
        let best = Int(ck_argmax(Int64(vocabulary), logits))
        let top = Double(logits[best])
        // Tokens below e^-40 of the likeliest can never be drawn in practice. The weights are summed in classes of a
        // quarter of a nat, so that only the classes that the nucleus reaches need to be sorted.
        var classes = [Double](repeating: 0, count: 160)
        var members = [Int](repeating: 0, count: 160)
        var whole = 0.0
        for id in 0..<vocabulary {
            let exponent = (Double(logits[id]) - top) / options.temperature
            guard exponent > -40, exponent <= 0 else { continue }
            let weight = exp(exponent)
            classes[min(159, Int(-exponent * 4))] += weight
            members[min(159, Int(-exponent * 4))] += 1
            whole += weight
        }
        var reached = 0.0
        var count = 0
        let last =
            zip(classes, members).enumerated().first { _, found in
                (reached, count) = (reached + found.0, count + found.1)
                return options.topK > 0
                    ? count >= options.topK : reached >= options.topP * whole * (1 + 1e-9)
            }?.offset ?? 159
        var candidates: [(id: Int32, weight: Double)] = []
        for id in 0..<vocabulary {
            let exponent = (Double(logits[id]) - top) / options.temperature
            if exponent > -40, exponent <= 0, min(159, Int(-exponent * 4)) <= last {
                candidates.append((Int32(id), exp(exponent)))
            }
        }
        guard !candidates.isEmpty else { return Int32(best) }
        candidates.sort { ($1.weight, $0.id) < ($0.weight, $1.id) }
        if options.topK > 0 {
            candidates.removeSubrange(min(options.topK, candidates.count)...)
            whole = candidates.reduce(0) { $0 + $1.weight }
        }
        if options.topP < 1 {
            var kept = 0.0
            let end =
                candidates.firstIndex {
                    kept += $0.weight; return kept >= options.topP * whole
                } ?? candidates.count - 1
            candidates.removeSubrange((end + 1)...)
        }
        var rest = uniform(prompt, place, attempt) * candidates.reduce(0) { $0 + $1.weight }
        for candidate in candidates {
            rest -= candidate.weight
            if rest < 0 { return candidate.id }
        }
        return candidates[candidates.count - 1].id
    }

    /// A number in 0 ..< 1 from SplitMix64 of (seed, prompt, place), and of the attempt where it is not the first.
    private func uniform(_ prompt: Int, _ place: Int, _ attempt: Int) -> Double {
        func mix(_ value: UInt64) -> UInt64 {
            var z = value &+ 0x9E37_79B9_7F4A_7C15
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        let bits = mix(mix(mix(options.seed) ^ UInt64(truncatingIfNeeded: prompt)) ^ UInt64(truncatingIfNeeded: place))
        let own = attempt == 0 ? bits : mix(bits ^ UInt64(truncatingIfNeeded: attempt))
        return Double(own >> 11) * 0x1p-53
    }
}
