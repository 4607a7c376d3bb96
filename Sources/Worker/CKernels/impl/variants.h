// Compiles the file CK_IMPLEMENTATION once portable and, on x86-64, once for AVX2 + FMA; where CK_HAS_WIDE is defined, once more for
// AVX-512, with CK_WIDE defined. CK(name) names each variant. A wide variant adds up every number in the order of the AVX2 one, so that
// both give the same bits.
#include "vector.h"

#define CK(name) name##_portable
#include CK_IMPLEMENTATION
#undef CK

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CK(name) name##_avx2
#include CK_IMPLEMENTATION
#undef CK
#pragma clang attribute pop
#ifdef CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define CK(name) name##_avx512
#define CK_WIDE
#include CK_IMPLEMENTATION
#undef CK_WIDE
#undef CK
#pragma clang attribute pop
// The level is read once a call.
#define CK_CALL(name, ...) \
    ({ \
        const int ck_level = ck_cpu_level(); \
        ck_level == 2 ? name##_avx512(__VA_ARGS__) : ck_level == 1 ? name##_avx2(__VA_ARGS__) : name##_portable(__VA_ARGS__); \
    })
#else
#define CK_CALL(name, ...) (ck_cpu_level() ? name##_avx2(__VA_ARGS__) : name##_portable(__VA_ARGS__))
#endif
#else
#define CK_CALL(name, ...) name##_portable(__VA_ARGS__)
#endif
