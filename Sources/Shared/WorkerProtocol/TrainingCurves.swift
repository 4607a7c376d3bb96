import Nouns

/// What a worker measured while it trained, step by step, as its events tell it.
///
/// A resumed worker goes over some steps again: the later report of a step counts.
package struct TrainingCurves: Sendable {
    /// Each optimizer step once, in order.
    package let steps: [StepReport]
    /// Each measurement of validation loss once, in the order of steps.
    package let validations: [ValidationReport]

    /// Reads `events.jsonl` in a request's folder; empty where there is none.
    package init(folder: String) { self.init(EventReader.events(in: folder)) }

    package init(_ events: [WorkerEvent]) {
        steps = Self.latest(events.compactMap(\.step), by: \.step)
        validations = Self.latest(events.compactMap(\.validation), by: \.step)
    }

    private static func latest<Value>(_ values: [Value], by step: KeyPath<Value, Int>) -> [Value] {
        var kept: [Int: Value] = [:]
        for value in values { kept[value[keyPath: step]] = value }
        return kept.values.sorted { $0[keyPath: step] < $1[keyPath: step] }
    }
}
