import Foundation
import Tensors

/// Writes safetensors files, with bytes that depend on nothing but the tensors and the metadata.
package enum SafetensorsWriter {
    /// Writes `tensors` in the given order; the file appears whole or not at all.
    ///
    /// Types are F32, F16 or BF16. Throws ``WeightFileError`` for a full disk, a NaN or an infinity, and what
    /// `interruption`, asked every megabyte, throws.
    package static func write(
        _ tensors: [TensorSource], metadata: [String: String] = [:], to path: String,
        interruption: () throws -> Void = {}
    ) throws {
        var entries: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            entries.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            guard [StorageType.f32, .f16, .bf16].contains(tensor.type), let size = tensor.byteCount else {
                throw WeightFileError(
                    .unsupported, file: path, place: tensor.name, problem: "safetensors holds no \(tensor.type.label)",
                    remedy: "Export as F16.")
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            entries.append(
                "\(quoted(tensor.name)):{\"dtype\":\"\(tensor.type.label)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(offset + size)]}")
            offset += size
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        // The format asks that the data begin at a multiple of eight; the length takes eight bytes itself.
        header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
        let output = try WeightOutput(path: path)
        try output.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header)
        for tensor in tensors { try tensor.write(to: output, file: path, interruption) }
        try output.finish()
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20: result += String(format: "\\u%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
