#pragma once

/// Which variant of each kernel runs: 0 = portable, 1 = AVX2 with FMA, 2 = AVX-512, with the bits of AVX2. Decided once from cpuid and
/// XGETBV; the environment variable FINETUNED_KERNELS=scalar|avx2 overrides it (avx2 only where the machine has it).
int ck_cpu_level(void);

/// Overrides the choice for what the calling thread computes itself, for parity tests: 0, 1 or 2, at most what the machine has; -1 ends
/// that. Returns the level now in use. Other threads, and so a team, keep the process's choice.
int ck_cpu_set_level(int level);
