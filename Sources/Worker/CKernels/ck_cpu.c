#include "ck_cpu.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_int chosen = -1;
static _Thread_local int forced = -1;

#if defined(__x86_64__)
#include <cpuid.h>

// AVX2, FMA and F16C in the processor, or AVX-512 as well, and an operating system that saves the wide registers.
static int machine_level(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const unsigned osxsave = 1u << 27, avx = 1u << 28, fma = 1u << 12, f16c = 1u << 29;
    if ((c & (osxsave | avx | fma | f16c)) != (osxsave | avx | fma | f16c)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (!((b >> 5) & 1)) return 0;
    const unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
    return (b & (f | dq | bw | vl)) == (f | dq | bw | vl) && (low & 0xe6) == 0xe6 ? 2 : 1;
}
#else
static int machine_level(void) { return 0; }
#endif

int ck_cpu_set_level(int level) {
    const int best = machine_level();
    forced = level < 0 ? -1 : level > best ? best : level;
    return ck_cpu_level();
}

int ck_cpu_level(void) {
    if (forced >= 0) return forced;
    int level = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (level >= 0) return level;
    const char *wish = getenv("FINETUNED_KERNELS");
    const int best = machine_level();
    level = !wish ? best : strcmp(wish, "scalar") == 0 ? 0 : strcmp(wish, "avx2") == 0 && best > 1 ? 1 : best;
    atomic_store(&chosen, level);
    return level;
}
