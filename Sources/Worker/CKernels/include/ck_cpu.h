#pragma once

/// Which variant of each kernel runs: 0 = portable, 1 = AVX2 with FMA, 2 = the same with products in AVX-512, which give the
/// same bits. Decided once from cpuid and XGETBV; the environment variable FINETUNED_KERNELS=scalar|avx2 bounds it.
int ck_cpu_level(void);

/// Overrides the choice for parity tests: 0, 1, 2, or -1 for what the machine offers. Returns the level now in use.
int ck_cpu_set_level(int level);
