import Foundation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol
import Yardstick

/// Fits the simplest alternatives to labelled rows and asks them of others.
package struct YardstickEvaluation {
    /// What came of it.
    package struct Outcome {
        package var answers: [YardstickAnswer]
        /// Training rows that were learnt from, and those of them whose states were.
        package var rows: Int
        package var statesRows: Int
    }

    /// Numbers that may be kept of the training rows' n-grams; of more rows, half and half again is left out by hash.
    private static let mostNumbers = 20_000_000

    private let task: YardstickTask
    private let observer: WorkObserver

    package init(_ task: YardstickTask, observer: WorkObserver) {
        self.task = task
        self.observer = observer
    }

    /// A training row as numbers.
    private struct Learnt {
        let id: RowID
        let label: String
        let text: TextFeatures.Counts
    }

    /// Fits and asks. The base is loaded by `model` where its states are wanted, and the states are written to `path`.
    package func run(
        _ model: () throws -> (encoder: RowEncoder, transformer: Transformer, memoryBytes: Int, digest: String),
        statesTo path: String
    ) throws -> Outcome {
        observer.stage("counting words")
        let asked = try RowReader.read(task.asked, limit: task.limit ?? .max, interruption: observer.interruption)
            .filter { $0.label != nil }
        let names = try classes()
        let features = TextYardstick.features(classes: names.count)
        let learnt = try learnt(features)
        var outcome = Outcome(
            answers: asked.map { YardstickAnswer(row: $0.id, right: [:]) }, rows: learnt.count, statesRows: 0)
        guard !learnt.isEmpty, !asked.isEmpty else { return outcome }
        observer.stage("fitting the linear model")
        let commonest = CommonestClass.of(learnt.map(\.label))
        let linear = try TextYardstick(
            learnt.map(\.text), labels: learnt.map(\.label), features, interruption: observer.interruption)
        for (place, row) in asked.enumerated() {
            try observer.interruption()
            outcome.answers[place].right[.commonest] = row.label == commonest
            outcome.answers[place].right[.linear] = linear.label(RowEncoder.question(row.content)) == row.label
        }
        guard task.statesRows > 0 else { return outcome }
        try askStates(asked, learnt.map(\.id), model, path, &outcome)
        return outcome
    }

    /// The linear model on the base's states, for the rows that they are known of.
    private func askStates(
        _ asked: [Row], _ learnt: [RowID],
        _ model: () throws -> (encoder: RowEncoder, transformer: Transformer, memoryBytes: Int, digest: String),
        _ path: String, _ outcome: inout Outcome
    ) throws {
        let loaded = try model()
        var states = BaseStates(
            model: loaded.digest, encoder: loaded.encoder, transformer: loaded.transformer,
            memoryBytes: loaded.memoryBytes, longest: task.maxLength)
        if let known = task.states { states.take(known) }
        // By hash, so that most are the same the next time.
        let chosen = Set(learnt.sorted { $0.rawValue < $1.rawValue }.prefix(task.statesRows))
        var rows: [Row] = []
        try each { if chosen.contains($0.id) { rows.append($0) } }
        try states.compute(rows + asked, observer)
        observer.stage("fitting the linear model on the base's states")
        let fitted = rows.compactMap { row in states.states[row.id].map { (row.label ?? "", $0) } }
        outcome.statesRows = fitted.count
        try states.write(rows.map(\.id) + asked.map(\.id), to: path, interruption: observer.interruption)
        guard !fitted.isEmpty else { return }
        let linear = try StatesYardstick(
            fitted.map(\.1), labels: fitted.map(\.0), interruption: observer.interruption)
        for (place, row) in asked.enumerated() {
            // What cannot be encoded is answered by nobody.
            outcome.answers[place].right[.states] = states.states[row.id].map { linear.label($0) == row.label } ?? false
        }
    }

    /// The training rows with a class, each once, without those of withdrawn drops.
    private func each(_ body: (Row) throws -> Void) throws {
        let withdrawn = Set(task.withdrawn)
        var seen: Set<RowID> = []
        try RowReader.each(task.train, interruption: observer.interruption) { row in
            guard row.label != nil, !withdrawn.contains(row.drop), seen.insert(row.id).inserted else { return }
            try body(row)
        }
    }

    private func classes() throws -> Set<String> {
        var names: Set<String> = []
        try each { if let label = $0.label { names.insert(label) } }
        return names
    }

    private func learnt(_ features: TextFeatures) throws -> [Learnt] {
        var (rows, numbers, bound) = ([Learnt](), 0, UInt32.max)
        try each { row in
            guard let label = row.label, Self.hash(row.id) <= bound else { return }
            let text = features.counts(RowEncoder.question(row.content))
            numbers += text.places.count
            rows.append(Learnt(id: row.id, label: label, text: text))
            while numbers > Self.mostNumbers, bound > 0 {
                bound /= 2
                rows.removeAll { Self.hash($0.id) > bound }
                numbers = rows.reduce(0) { $0 + $1.text.places.count }
            }
        }
        return rows
    }

    /// The first digits of a row's identifier, which is a digest.
    private static func hash(_ row: RowID) -> UInt32 { UInt32(row.rawValue.prefix(8), radix: 16) ?? 0 }
}
