import CKernels
import Tensors

/// Layers that go by the gated delta rule, token by token and step by step. A row is the same bits however its sequence
/// is cut: every state is computed token after token.
extension Transformer {
    /// One new token of each sequence, whose states and inputs go on in the cache.
    func deltaCached(
        _ layer: Int, _ sequences: [DecodingSequence], _ cache: KeyValueCache, _ kept: Activations.Slot
    ) {
        let ld = activations.qkvWidth
        deltaForward(
            layer, tokens: sequences.count, kept,
            taps: { row, taps in
                let (index, position) = (sequences[row].index, sequences[row].position)
                for tap in taps.indices {
                    let age = taps.count - 1 - tap
                    taps[tap] =
                        age == 0
                        ? UnsafePointer(kept.qkv + row * ld)
                        : position < age ? nil : UnsafePointer(cache.mixed(layer, index, position - age))
                }
            },
            recur: { rule, rows in
                self.team.run(sequences.count * rule.valueHeads) { task, _ in
                    let (row, head) = (task / rule.valueHeads, task % rule.valueHeads)
                    self.recur(
                        head, rule, rows, row: row, count: 1, cache.matrix(layer, sequences[row].index, head), kept)
                }
                for (row, sequence) in sequences.enumerated() where self.configuration.taps > 1 {
                    cache.mixed(layer, sequence.index, sequence.position)
                        .update(from: kept.qkv + row * ld, count: rule.mixedWidth)
                }
            })
    }

    /// The rows of a step, each part's after its own states, which are then those after its last row. Pages that keep
    /// states take those after their last tokens.
    func deltaPages(_ layer: Int, _ layout: StepLayout, _ kept: Activations.Slot) {
        let ld = activations.qkvWidth
        func input(_ part: Int, _ position: Int) -> UnsafePointer<Float>? {
            let row = layout.first[part] + position - layout.parts[part].position
            if row >= layout.first[part] { return UnsafePointer(kept.qkv + row * ld) }
            return layout.parts[part].states.map { UnsafePointer($0.mixed(layer, position)) }
        }
        deltaForward(
            layer, tokens: layout.tokens.count, kept,
            taps: { row, taps in
                for tap in taps.indices {
                    let position = Int(layout.positions[row]) - (taps.count - 1 - tap)
                    taps[tap] = position < 0 ? nil : input(layout.part[row], position)
                }
            },
            recur: { rule, rows in
                self.team.run(layout.parts.count * rule.valueHeads) { task, _ in
                    self.recur(layer, layout, task / rule.valueHeads, task % rule.valueHeads, rule, rows, kept)
                }
                for (index, part) in layout.parts.enumerated() {
                    let end = part.position + part.tokens.count
                    let reach = self.configuration.taps - 1
                    func keep(_ states: RecurrentStates?, _ positions: Range<Int>) {
                        for position in positions {
                            guard let row = input(index, position) else { continue }
                            states?.mixed(layer, position).update(from: row, count: rule.mixedWidth)
                        }
                    }
                    for (end, states) in part.keeping { keep(states, max(0, end - reach)..<end) }
                    // In the sequence's own states those of before the part are where they were.
                    keep(part.states, max(part.position, end - reach)..<end)
                }
            })
    }

    /// One head over one part.
    private func recur(
        _ layer: Int, _ layout: StepLayout, _ index: Int, _ head: Int, _ rule: DeltaRule, _ rows: DeltaRows,
        _ kept: Activations.Slot
    ) {
        let part = layout.parts[index]
        guard let state = part.states?.matrix(layer, head) else { return }
        let last = part.position + part.tokens.count
        var from = part.position
        for (end, states) in part.keeping + [(last, nil)] {
            let row = layout.first[index] + from - part.position
            recur(head, rule, rows, row: row, count: end - from, state, kept)
            states?.matrix(layer, head).update(from: state, count: rule.headState)
            from = end
        }
    }
}

extension StepPart {
    /// The ends of pages among the part's tokens that keep the states after them.
    fileprivate var keeping: [(end: Int, states: RecurrentStates?)] {
        let size = KeyValuePages.tokens
        return (position / size..<(position + tokens.count) / size).compactMap { page in
            pages[page].states.map { ((page + 1) * size, $0) }
        }
    }
}
