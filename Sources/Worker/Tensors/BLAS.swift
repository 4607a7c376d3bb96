import COpenBLAS

/// The library that serves as baseline and fallback for matrix products.
package enum BLAS {
    /// The processor core that OpenBLAS chose its kernels for, such as `Zen`.
    package static var core: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }
}
