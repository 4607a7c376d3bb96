#include "ck_cpu.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int chosen = -1;

#if defined(__x86_64__)
#include <cpuid.h>

// AVX2 and FMA, or AVX-512 with its short vectors, in the processor, and an operating system that saves the wide registers.
static int machine_level(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const unsigned osxsave = 1u << 27, avx = 1u << 28, fma = 1u << 12;
    if ((c & (osxsave | avx | fma)) != (osxsave | avx | fma)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (!((b >> 5) & 1)) return 0;
    const unsigned avx512 = 1u << 16 | 1u << 31;
    return (low & 0xe6) == 0xe6 && (b & avx512) == avx512 ? 2 : 1;
}
#else
static int machine_level(void) { return 0; }
#endif

int ck_cpu_set_level(int level) {
    int best = machine_level();
    int use = level < 0 || level > best ? best : level;
    atomic_store(&chosen, use);
    return use;
}

int ck_cpu_level(void) {
    int level = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (level >= 0) return level;
    const char *wish = getenv("FINETUNED_KERNELS");
    if (wish && strcmp(wish, "scalar") == 0) return ck_cpu_set_level(0);
    return ck_cpu_set_level(wish && strcmp(wish, "avx2") == 0 ? 1 : -1);
}
