import Foundation
import Nouns
import WeightFiles

/// What the frozen start of a run says of every pair: the summed log-probability of both answers.
///
/// It is measured once, before the first step, and kept in the run's folder under the digest of the start and the rows.
/// Numbers are rounded when they are measured, so that those of a file are the very same.
struct PreferenceReference: Equatable {
    static let name = "reference.safetensors"

    struct Scores: Equatable {
        var chosen: Float
        var rejected: Float
    }

    /// One a row, in the order of the rows; zero for rows that are no pairs.
    var train: [Scores]
    var validation: [Scores]

    /// Writes it into `folder`, whole or not at all.
    func write(to folder: String, digest: String) throws {
        func source(_ name: String, _ scores: [Scores]) -> TensorSource {
            TensorSource(name: name, shape: [1, 2 * scores.count], type: .f32) { _, destination in
                for (index, score) in scores.enumerated() {
                    destination[2 * index] = score.chosen
                    destination[2 * index + 1] = score.rejected
                }
            }
        }
        var sources = [source("train", train)]
        if !validation.isEmpty { sources.append(source("validation", validation)) }
        try SafetensorsWriter.write(sources, metadata: ["digest": digest], to: folder + "/" + Self.name)
    }

    /// Reads it from `folder`; nil where there is none of this start and these rows. A file that cannot be read counts
    /// as none: measuring again gives the same numbers.
    static func read(from folder: String, digest: String, train: Int, validation: Int) -> Self? {
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: path), let file = try? SafetensorsFile(path: path),
            file.metadata["digest"] == digest
        else { return nil }
        func scores(_ name: String, _ count: Int) -> [Scores]? {
            if count == 0 { return [] }
            guard let tensor = file.tensors[name], tensor.count == 2 * count, tensor.type == .f32 else { return nil }
            var numbers = [Float](repeating: 0, count: tensor.count)
            numbers.withUnsafeMutableBufferPointer { numbers in
                if let to = numbers.baseAddress { tensor.dequantize(rows: 0..<tensor.rows, into: to) }
            }
            return (0..<count).map { Scores(chosen: numbers[2 * $0], rejected: numbers[2 * $0 + 1]) }
        }
        guard let train = scores("train", train), let validation = scores("validation", validation) else { return nil }
        return Self(train: train, validation: validation)
    }
}
