import Generation
import ModelLoading
import Nouns

/// What an engine says of sequences and prompts in tokens, on the disk: the results of the tasks `score` and
/// `generate`.
package enum EngineNumbers {
    /// Writes losses and likeliest labels, a number a sequence. Throws a FileFailure.
    package static func write(_ scores: [SequenceScore], to path: String) throws {
        try NumberFile.write(
            [
                ("losses", .float64(scores.map(\.lossSum))), ("correct", .int64(scores.map { Int64($0.correct) })),
            ], to: path)
    }

    /// The scores of sequences that have so many labels each. Throws a Failure (`engine.result`) where the numbers
    /// cannot be theirs, and `dataset.damaged` where there are none.
    package static func scores(_ reference: FileReference, labels: [Int]) throws -> [SequenceScore] {
        let file = try NumberFile(reference)
        let (losses, correct) = (try file.float64("losses"), try file.int64("correct"))
        guard losses.count == labels.count, correct.count == labels.count else {
            throw fault("scored \(losses.count) sequences, and \(labels.count) were asked for", reference)
        }
        return try labels.indices.map { place in
            guard losses[place].isFinite, losses[place] >= -1e-3 else {
                throw fault("gave sequence \(place + 1) the loss \(losses[place])", reference)
            }
            guard (0...Int64(labels[place])).contains(correct[place]) else {
                throw fault(
                    "found \(correct[place]) of the \(labels[place]) labels of sequence \(place + 1)", reference)
            }
            var score = SequenceScore()
            (score.lossSum, score.tokens, score.correct) = (losses[place], labels[place], Int(correct[place]))
            return score
        }
    }

    /// Writes answers, without the tokens that ended them. Throws a FileFailure.
    package static func write(_ answers: [GeneratedTokens], to path: String) throws {
        try NumberFile.write(
            [
                ("ids", .int32(answers.flatMap(\.ids))),
                ("rows", .int64(NumberFile.bounds(answers.map(\.ids.count)))),
                ("stopped", .int32(answers.map { $0.finish == .stop ? 1 : 0 })),
            ], to: path)
    }

    /// Answers of at most so many tokens each, of a vocabulary of `vocabulary` tokens. Throws a Failure
    /// (`engine.result`) where they cannot be the answers, and `dataset.damaged` where there are none.
    package static func answers(_ reference: FileReference, limits: [Int], vocabulary: Int) throws
        -> [GeneratedTokens]
    {
        let file = try NumberFile(reference)
        let (ids, stopped) = (try file.int32("ids"), try file.int32("stopped"))
        let ranges = try file.ranges("rows", over: ids.count)
        guard ranges.count == limits.count, stopped.count == limits.count else {
            throw fault("gave \(ranges.count) answers, and \(limits.count) were asked for", reference)
        }
        return try limits.indices.map { place in
            let answer = Array(ids[ranges[place]])
            guard answer.count <= limits[place] else {
                throw fault(
                    "answered prompt \(place + 1) by \(answer.count) tokens, of at most \(limits[place])", reference)
            }
            if let odd = answer.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
                throw fault("answered prompt \(place + 1) by the token \(odd), of \(vocabulary)", reference)
            }
            return GeneratedTokens(ids: answer, finish: stopped[place] == 1 ? .stop : .length)
        }
    }

    private static func fault(_ what: String, _ file: FileReference) -> Failure {
        Failure(
            code: "engine.result", "The engine \(what).", at: file.path,
            remedy: "Try the engine with `ftctl engine check NAME`; its result is not used.")
    }
}
