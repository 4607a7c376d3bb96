import CKernels

/// Which variant of the kernels computes here.
package enum KernelLevel {
    /// Its name: `portable`, `avx2`, or `avx512`, whose results are bit for bit those of `avx2`.
    package static var name: String {
        switch ck_cpu_level() {
        case 2: "avx512"
        case 1: "avx2"
        default: "portable"
        }
    }
}
