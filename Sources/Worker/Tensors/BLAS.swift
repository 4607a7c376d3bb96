import COpenBLAS

/// The library that serves as baseline and fallback for matrix products.
package enum BLAS {
    /// The processor core that OpenBLAS chose its kernels for, such as `Zen`.
    package static var core: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

    /// The library's version and how it was built.
    package static var version: String { openblas_get_config().map { String(cString: $0) } ?? "unknown" }

    /// c [m × n] = a [m × k]·bᵀ with b [n × k], all row-major, on `threads` threads: what the kernels are measured
    /// against.
    package static func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        _ c: UnsafeMutablePointer<Float>, threads: Int
    ) {
        openblas_set_num_threads(Int32(clamping: threads))
        defer { openblas_set_num_threads(1) }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(clamping: m), Int32(clamping: n), Int32(clamping: k), 1, a,
            Int32(clamping: k), b,
            Int32(clamping: k), 0, c, Int32(clamping: n))
    }
}
