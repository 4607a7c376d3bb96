import CKernels

/// A projection [out, in] as its file holds it, ready for products that dequantise block by block.
package struct WeightMatrix: @unchecked Sendable {
    /// What the kernels read; `data` lives as long as `owner`.
    package let kernel: ck_matrix
    /// Bias of each output, or nil.
    package let bias: [Float]?
    package let out: Int
    package let `in`: Int
    private let owner: AnyObject & Sendable

    /// - Parameter interleavedHead: the head size where a GGUF interleaved the rows for rotary pairs, else 0.
    package init(_ tensor: StoredTensor, bias: [Float]? = nil, interleavedHead: Int = 0) {
        out = tensor.rows
        self.in = tensor.columns
        self.bias = bias
        owner = tensor.owner
        kernel = ck_matrix(
            data: tensor.bytes.baseAddress, row_bytes: Int64(tensor.type.rowBytes(tensor.columns) ?? 0),
            out: Int64(tensor.rows),
            in: Int64(tensor.columns), type: tensor.type.rawValue, block_size: Int32(tensor.type.blockSize),
            block_bytes: Int32(tensor.type.blockBytes), interleaved_head: Int32(interleavedHead))
    }

    /// Floats in `buffer` from `offset` on, as a matrix that training may change.
    package init(_ buffer: FloatBuffer, offset: Int, out: Int, in inner: Int, bias: [Float]? = nil) {
        self.out = out
        self.in = inner
        self.bias = bias
        owner = buffer
        kernel = ck_matrix(
            data: UnsafeRawPointer(buffer.pointer + offset), row_bytes: Int64(inner * 4), out: Int64(out),
            in: Int64(inner),
            type: StorageType.f32.rawValue, block_size: 1, block_bytes: 4, interleaved_head: 0)
    }

    /// Writes one row as floats.
    package func row(_ index: Int, into destination: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: kernel) { pointer in
            _ = ck_dequantize_row(kernel.type, ck_matrix_row(pointer, Int64(index)), Int64(self.in), destination)
        }
    }
}
