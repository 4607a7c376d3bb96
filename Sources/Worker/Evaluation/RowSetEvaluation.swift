import Encoding
import Generation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// Scores a model on one set: a record a row, with losses, likeliest labels and greedy answers, and the figures.
package struct RowSetEvaluation {
    let set: EvaluationSet
    let task: EvaluateTask
    let encoder: RowEncoder
    let transformer: Transformer
    let memoryBytes: Int
    let observer: WorkObserver

    /// - Parameters:
    ///   - task: says which labels are scored, and how long answers may be.
    ///   - memoryBytes: what activations, keys and values may take.
    package init(
        set: EvaluationSet, task: EvaluateTask, encoder: RowEncoder, transformer: Transformer, memoryBytes: Int,
        observer: WorkObserver
    ) {
        self.set = set
        self.task = task
        self.encoder = encoder
        self.transformer = transformer
        self.memoryBytes = memoryBytes
        self.observer = observer
    }

    /// Records in row order, figures and seconds.
    package func run() throws -> (records: [ExampleRecord], figures: [MetricKey: Double], seconds: Double) {
        let started = ContinuousClock.now
        let questions = try RowSetQuestions(set: set, task: task, encoder: encoder, observer: observer)
        observer.stage("scoring \(set.name)")
        let scorer = SequenceScorer(transformer, memoryBytes: memoryBytes)
        let sequences = questions.sequences
        let scores = try scorer.score(
            sequences, progress: { observer.progress($0, sequences.count, "sequences") },
            interruption: observer.interruption)
        var records = questions.records(scores)
        try answer(questions, scores, &records)
        records = questions.whole(records)
        let seconds = started.duration(to: .now) / .seconds(1)
        return (records, questions.figures(records), seconds)
    }
}
