import CKernels

extension StoredTensor {
    /// Writes rows `rows` as floats to `destination`, which holds at least `rows.count * columns`.
    ///
    /// Bit-equal to the `gguf` Python package. Rows outside the tensor are left out.
    package func dequantize(rows wanted: Range<Int>, into destination: UnsafeMutablePointer<Float>) {
        let wanted = wanted.clamped(to: 0..<rows)
        guard !wanted.isEmpty, let base = bytes.baseAddress, let rowBytes = type.rowBytes(columns) else { return }
        _ = ck_dequantize_row(
            type.rawValue, base + wanted.lowerBound * rowBytes, Int64(wanted.count * columns), destination)
    }

    /// All numbers as floats, row-major.
    package func floats() -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let base = buffer.baseAddress { dequantize(rows: 0..<rows, into: base) }
            initialised = count
        }
    }
}
