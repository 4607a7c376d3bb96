import Encoding
import Generation
import ModelLoading
import Nouns
import Transformers
import WorkerProtocol

/// Scores a model on one set: a record a row, with losses, likeliest labels and greedy answers, and the figures.
package struct RowSetEvaluation {
    private let set: EvaluationSet
    private let task: EvaluateTask
    private let encoder: RowEncoder
    private let transformer: Transformer
    private let memoryBytes: Int
    private let observer: WorkObserver

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
        try answer(questions, &records)
        let seconds = started.duration(to: .now) / .seconds(1)
        return (records, questions.figures(records), seconds)
    }

    /// Greedy answers.
    private func answer(_ questions: RowSetQuestions, _ records: inout [ExampleRecord]) throws {
        let asked = questions.prompts
        guard !asked.prompts.isEmpty else { return }
        observer.stage("generating \(set.name)")
        let generator = Generator(transformer, memoryBytes: memoryBytes)
        let options = GenerationOptions(maxNewTokens: asked.limits.max() ?? 0, stopTokens: Set(asked.stops))
        var done = 0
        let answers = try generator.generate(
            asked.prompts, options, limits: asked.limits,
            finished: { _, _ in
                done += 1
                if done % 16 == 0 || done == asked.prompts.count {
                    observer.progress(done, asked.prompts.count, "answers")
                }
            }, interruption: observer.interruption)
        questions.add(answers, to: &records)
    }
}
