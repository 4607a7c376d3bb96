import Foundation
import Nouns
import Platform

/// The rows that engines are tried on, and what the built-in engine's losses on them are.
struct ProbeRows {
    /// Losses of the four steps, in order.
    static let losses: [Double] = [6.953097, 6.881384, 7.084721, 6.437689]
    /// Validation losses before the first step and after the second and the fourth.
    static let validation: [Double] = [7.053049, 6.950171, 6.783077]
    /// Labelled tokens of the four steps.
    static let labels: [Int] = [18, 15, 16, 17]

    /// What they are trained with: two steps an epoch, and nothing that an engine may leave aside.
    static var recipe: Recipe {
        var recipe = Recipe()
        (recipe.rank, recipe.alpha, recipe.targets) = (1, 2, ["q", "v"])
        (recipe.learningRate, recipe.schedule, recipe.warmupRatio) = (0.05, .constant, 0)
        (recipe.epochs, recipe.batchRows, recipe.evaluateEverySteps, recipe.checkpointEverySteps) = (2, 4, 2, 3)
        (recipe.weightDecay, recipe.clipNorm, recipe.preference, recipe.seed) = (0, 0, nil, 17)
        return recipe
    }

    /// Writes rows to train and to validate on. Throws a FileFailure.
    static func write(to folder: String) throws -> (train: FileReference, validation: FileReference) {
        try AtomicFile.makeFolder(folder)
        func file(_ name: String, _ split: Split, _ numbers: Range<Int>) throws -> FileReference {
            var data = Data()
            for number in numbers {
                let (prompt, answer) = ("\(number)+\(number % 3)=", String(repeating: "ab", count: 1 + number % 3))
                let row = Row(
                    id: RowID(String(Digest.sha256(Data("\(number)".utf8)).prefix(32))),
                    content: .completion(prompt: prompt, completion: answer), split: split,
                    promptKey: String(Digest.sha256(Data(prompt.utf8)).prefix(16)), drop: "d-1", line: number + 1)
                data += try ContractCoding.encode(row) + Data([10])
            }
            let path = folder + "/" + name
            try AtomicFile.write(data, to: path)
            return FileReference(path: path, sha256: Digest.sha256(data), bytes: data.count, rows: numbers.count)
        }
        return (try file("train.jsonl", .train, 0..<7), try file("validation.jsonl", .validation, 7..<10))
    }
}
