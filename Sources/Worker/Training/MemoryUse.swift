import CKernels
import Foundation
import Tensors

/// What the worker's process takes, and what its results depend on.
package enum MemoryUse {
    /// The largest resident size so far, in bytes.
    package static func peakBytes() -> Int {
        var usage = rusage()
        getrusage(0 /* RUSAGE_SELF */, &usage)
        return usage.ru_maxrss * 1024
    }

    /// Kernel set, BLAS core and threads: what bit-identical results depend on.
    package static func machine(threads: Int) -> String {
        "kernels=\(ck_cpu_level() > 0 ? "avx2" : "portable") blas=\(BLAS.core) threads=\(threads)"
    }
}
