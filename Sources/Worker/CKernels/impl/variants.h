// Compiles the file CK_IMPLEMENTATION once portable and, on x86-64, once for AVX2 + FMA; CK(name) names each variant.
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
#define CK_CALL(name, ...) (ck_cpu_level() ? name##_avx2(__VA_ARGS__) : name##_portable(__VA_ARGS__))
#else
#define CK_CALL(name, ...) name##_portable(__VA_ARGS__)
#endif
