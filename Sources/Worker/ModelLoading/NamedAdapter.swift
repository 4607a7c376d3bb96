import Foundation
import JSONDocument
import Nouns
import Tensors
import Transformers
import WeightFiles

/// LoRA adapters by the names of the modules that they change, whatever the architecture: the product of a module is
/// the sum over its parts of scale · B · A.
package struct NamedAdapter {
    /// One pair of factors: A is [rank × inner], B is [outer × rank].
    package struct Part {
        package let a: WeightMatrix
        package let b: WeightMatrix
        package let scale: Float
        package var rank: Int { a.out }

        /// Adds rows of scale · B · A to rows of a matrix [rows × inner].
        package func add(_ rows: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
            let inner = a.in
            var (factors, weights) = ([Float](repeating: 0, count: inner), [Float](repeating: 0, count: rank))
            for (offset, row) in rows.enumerated() {
                weights.withUnsafeMutableBufferPointer { if let start = $0.baseAddress { b.row(row, into: start) } }
                let target = destination + offset * inner
                for place in 0..<rank where weights[place] != 0 {
                    factors.withUnsafeMutableBufferPointer {
                        if let start = $0.baseAddress { a.row(place, into: start) }
                    }
                    let weight = scale * weights[place]
                    for column in 0..<inner { target[column] += weight * factors[column] }
                }
            }
        }
    }

    /// By the module's name as transformers has it, such as `gpt_neox.layers.0.attention.dense`.
    package private(set) var modules: [String: [Part]] = [:]

    private static let wrapper = "base_model.model."

    /// Reads PEFT folders, one after another, for the tensors of a base. Throws ``ModelFailure`` naming the file and
    /// the key or tensor, where something else than plain low-rank factors of that base is in one.
    package init(_ folders: [String], for base: EngineBase) throws {
        for path in folders { try add(path, base) }
    }

    private mutating func add(_ path: String, _ base: EngineBase) throws {
        func failure(_ place: String, _ problem: String) -> ModelFailure {
            ModelFailure(place: "\(path)/\(place)", problem: problem, remedy: "Use a plain LoRA adapter of this base.")
        }
        let config = try HuggingFaceFolder.json("adapter_config.json", in: path)
        for key in ["use_dora", "fan_in_fan_out", "lora_bias"] where config[key]?.bool == true {
            throw failure("adapter_config.json, \(key)", "this is not computed for the architecture '\(base.kind)'")
        }
        for key in ["rank_pattern", "alpha_pattern"] where config[key]?.members?.isEmpty == false {
            throw failure("adapter_config.json, \(key)", "this is not read for the architecture '\(base.kind)'")
        }
        let alpha = config["lora_alpha"]?.double ?? 8
        let isRooted = config["use_rslora"]?.bool ?? false
        let file = try SafetensorsFile(path: path + "/adapter_model.safetensors")
        for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
            let parts = name.components(separatedBy: ".lora_A.")
            if parts.count == 1, name.contains(".lora_B."),
                file.tensors[name.replacingOccurrences(of: ".lora_B.", with: ".lora_A.")] != nil
            {
                continue
            }
            let module = String(parts[0].dropFirst(Self.wrapper.count))
            guard parts.count == 2, parts[0].hasPrefix(Self.wrapper), tensor.shape.count == 2, tensor.rows > 0,
                let other = file.tensors[parts[0] + ".lora_B." + parts[1]], other.shape.count == 2,
                other.columns == tensor.rows
            else { throw failure("adapter_model.safetensors, \(name)", "this is no pair of low-rank factors") }
            guard let weight = base.folder.tensors[module + ".weight"],
                weight.shape == [other.rows, tensor.columns]
            else {
                throw failure(
                    "adapter_model.safetensors, \(name)", "the base has no layer \(module) of that shape")
            }
            let rank = Double(tensor.rows)
            modules[module, default: []].append(
                Part(
                    a: WeightMatrix(tensor), b: WeightMatrix(other),
                    scale: Float(alpha / (isRooted ? rank.squareRoot() : rank))))
        }
    }

    /// Numbers of all factors.
    package var count: Int {
        modules.values.joined().reduce(0) { $0 + $1.a.out * $1.a.in + $1.b.out * $1.b.in }
    }

    /// Sum of squares of all products, and how many numbers these have.
    var change: (square: Double, size: Double) {
        var (square, size) = (0.0, 0.0)
        for parts in modules.values {
            guard let first = parts.first else { continue }
            var row = [Float](repeating: 0, count: first.a.in)
            size += Double(first.b.out) * Double(first.a.in)
            for index in 0..<first.b.out {
                for place in row.indices { row[place] = 0 }
                row.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    for part in parts { part.add(index..<index + 1, to: start) }
                    for value in buffer { square += Double(value) * Double(value) }
                }
            }
        }
        return (square, size)
    }
}
