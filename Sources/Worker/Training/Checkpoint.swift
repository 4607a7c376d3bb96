import Foundation
import Nouns
import Tensors
import WeightFiles

/// Everything that a run needs to go on as if it had never stopped; one safetensors file that is whole or absent.
///
/// Data order, noise and schedule are functions of (seed, step), so nothing else has a state.
struct Checkpoint: Equatable {
    static let name = "checkpoint.safetensors"

    /// Steps done.
    var step = 0
    var bestStep = 0
    var bestLoss: Double?
    /// Beside `bestLoss`, where there are pairs.
    var bestTokenLoss: Double?
    var startLoss: Double?
    var firstLoss: Double?
    var evaluationsWithoutGain = 0
    /// Measurements in a row at which nothing was left to gain, and the steps after which the rate falls to its end.
    var measurementsOfEnough = 0
    var fallsAfter: Int?
    var seconds = 0.0
    var tokens = 0
    var labelTokens = 0
    var lastLoss = 0.0

    /// Writes state and parameters into `folder`. `fingerprint` names the recipe, the rows and the base they belong to.
    func write(to folder: String, fingerprint: String, optimizer: Optimizer, best: FloatBuffer?) throws {
        let count = optimizer.parameters.count
        func source(_ name: String, _ buffer: FloatBuffer) -> TensorSource {
            TensorSource(name: name, shape: [1, count], type: .f32) { _, destination in
                destination.update(from: buffer.pointer, count: count)
            }
        }
        var tensors = [
            source("first", optimizer.first), source("second", optimizer.second),
            source("values", optimizer.parameters.values),
        ]
        if let best { tensors.append(source("best", best)) }
        var numbers: [String: Double?] = [
            "step": Double(step), "bestStep": Double(bestStep), "bestLoss": bestLoss, "startLoss": startLoss,
            "firstLoss": firstLoss, "bestTokenLoss": bestTokenLoss,
            "evaluationsWithoutGain": Double(evaluationsWithoutGain), "seconds": seconds, "tokens": Double(tokens),
            "labelTokens": Double(labelTokens), "lastLoss": lastLoss,
        ]
        if measurementsOfEnough > 0 { numbers["measurementsOfEnough"] = Double(measurementsOfEnough) }
        if let fallsAfter { numbers["fallsAfter"] = Double(fallsAfter) }
        var metadata = numbers.compactMapValues { $0.map { String($0.bitPattern) } }
        metadata["fingerprint"] = fingerprint
        try SafetensorsWriter.write(tensors, metadata: metadata, to: folder + "/" + Self.name)
    }

    /// Reads the checkpoint in `folder` into the optimizer; nil where there is none.
    ///
    /// Throws a Failure where it belongs to other rows, another recipe or another base: such a run must not be
    /// "resumed".
    static func read(from folder: String, fingerprint: String, optimizer: Optimizer, best: inout FloatBuffer?) throws
        -> Checkpoint?
    {
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try SafetensorsFile(path: path)
        guard file.metadata["fingerprint"] == fingerprint else {
            throw Failure(
                code: "training.checkpoint_mismatch",
                "The checkpoint belongs to other rows, another recipe or another base model.", at: path,
                remedy: "Remove the checkpoint to start this run from its beginning.")
        }
        let count = optimizer.parameters.count
        func load(_ name: String, _ buffer: FloatBuffer) throws {
            guard let tensor = file.tensors[name], tensor.count == count, tensor.type == .f32 else {
                throw Failure(
                    code: "training.checkpoint_damaged", "The tensor '\(name)' is missing or has another size.",
                    at: path,
                    remedy: "Remove the checkpoint to start this run from its beginning.")
            }
            tensor.dequantize(rows: 0..<tensor.rows, into: buffer.pointer)
        }
        try load("values", optimizer.parameters.values)
        try load("first", optimizer.first)
        try load("second", optimizer.second)
        if file.tensors["best"] != nil {
            let buffer = try FloatBuffer(count)
            try load("best", buffer)
            best = buffer
        }
        func number(_ key: String) -> Double? { file.metadata[key].flatMap(UInt64.init).map(Double.init(bitPattern:)) }
        func whole(_ key: String) -> Int { number(key).flatMap { Int(exactly: $0) } ?? 0 }
        return Checkpoint(
            step: whole("step"), bestStep: whole("bestStep"), bestLoss: number("bestLoss"),
            bestTokenLoss: number("bestTokenLoss"), startLoss: number("startLoss"),
            firstLoss: number("firstLoss"), evaluationsWithoutGain: whole("evaluationsWithoutGain"),
            measurementsOfEnough: whole("measurementsOfEnough"),
            fallsAfter: number("fallsAfter").flatMap { Int(exactly: $0) },
            seconds: number("seconds") ?? 0,
            tokens: whole("tokens"), labelTokens: whole("labelTokens"), lastLoss: number("lastLoss") ?? 0)
    }
}
