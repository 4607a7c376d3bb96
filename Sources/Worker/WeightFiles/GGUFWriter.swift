import Tensors

/// Writes GGUF files (version 3, alignment 32).
package enum GGUFWriter {
    /// A metadata value with the exact type that it has in the file.
    package enum Value {
        case uint32(UInt32)
        case int32(Int32)
        case uint64(UInt64)
        case float32(Float)
        case flag(Bool)
        case text(String)
        case texts([String])
        case int32s([Int32])
        case float32s([Float])
        case flags([Bool])
        /// Type and value as another file has them.
        case raw([UInt8])

        /// The type's number; nil where the value brings its own.
        var type: UInt32? {
            switch self {
            case .uint32: 4
            case .int32: 5
            case .uint64: 10
            case .float32: 6
            case .flag: 7
            case .text: 8
            case .texts, .int32s, .float32s, .flags: 9
            case .raw: nil
            }
        }
    }

    /// Writes metadata and tensors in the given order; the file appears whole or not at all.
    ///
    /// Types are those of `ck_quantize_row`. Throws ``WeightFileError`` for a full disk, a NaN or an infinity, and what
    /// `interruption`, asked every megabyte, throws.
    package static func write(
        _ tensors: [TensorSource], metadata: [(String, Value)], to path: String, interruption: () throws -> Void = {}
    ) throws {
        let alignment = 32
        var header: [UInt8] = []
        append(&header, 0x4655_4747 as UInt32)
        append(&header, 3 as UInt32)
        append(&header, UInt64(tensors.count))
        append(&header, UInt64(metadata.count))
        for (key, value) in metadata {
            append(&header, key)
            if let type = value.type { append(&header, type) }
            append(&header, value)
        }
        var offset = 0
        for tensor in tensors {
            guard let size = tensor.byteCount else {
                throw WeightFileError(
                    .unsupported, file: path, place: tensor.name,
                    problem: "rows of \(tensor.columns) are no whole blocks of \(tensor.type.label)",
                    remedy: "Export as F16.")
            }
            append(&header, tensor.name)
            append(&header, UInt32(tensor.shape.count))
            for extent in tensor.shape.reversed() { append(&header, UInt64(extent)) }
            append(&header, UInt32(bitPattern: tensor.type.rawValue))
            append(&header, UInt64(offset))
            offset += (size + alignment - 1) / alignment * alignment
        }
        let output = try WeightOutput(path: path)
        try output.write(header)
        for tensor in tensors {
            try output.pad(to: alignment)
            try tensor.write(to: output, file: path, interruption)
        }
        try output.pad(to: alignment)
        try output.finish()
    }

    private static func append<T: FixedWidthInteger>(_ bytes: inout [UInt8], _ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ bytes: inout [UInt8], _ text: String) {
        append(&bytes, UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(_ bytes: inout [UInt8], _ value: Value) {
        switch value {
        case .raw(let raw): bytes += raw
        case .uint32(let number): append(&bytes, number)
        case .int32(let number): append(&bytes, number)
        case .uint64(let number): append(&bytes, number)
        case .float32(let number): append(&bytes, number.bitPattern)
        case .flag(let flag): bytes.append(flag ? 1 : 0)
        case .text(let text): append(&bytes, text)
        case .texts(let texts):
            append(&bytes, 8 as UInt32)
            append(&bytes, UInt64(texts.count))
            for text in texts { append(&bytes, text) }
        case .int32s(let numbers):
            append(&bytes, 5 as UInt32)
            append(&bytes, UInt64(numbers.count))
            for number in numbers { append(&bytes, number) }
        case .float32s(let numbers):
            append(&bytes, 6 as UInt32)
            append(&bytes, UInt64(numbers.count))
            for number in numbers { append(&bytes, number.bitPattern) }
        case .flags(let flags):
            append(&bytes, 7 as UInt32)
            append(&bytes, UInt64(flags.count))
            for flag in flags { bytes.append(flag ? 1 : 0) }
        }
    }
}
