#include "ck_gemm.h"
#include "ck_cpu.h"
#define CK_IMPLEMENTATION "gemm.inc"
#include "impl/variants.h"

// Most of the engine's time is spent in these products: they alone have a variant for AVX-512, which gives the same bits.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define CK_WIDE
#define CK(name) name##_avx512
#include "impl/gemm.inc"
#undef CK
#undef CK_WIDE
#pragma clang attribute pop
#define CK_PRODUCT(name, ...) (ck_cpu_level() > 1 ? name##_avx512(__VA_ARGS__) : CK_CALL(name, __VA_ARGS__))
#else
#define CK_PRODUCT(name, ...) CK_CALL(name, __VA_ARGS__)
#endif

void ck_gemm(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t rs, int64_t cs, const float *b, int64_t ldb, float *c,
    int64_t ldc, int accumulate) {
    CK_PRODUCT(ck_gemm, m, n, k, a, rs, cs, b, ldb, c, ldc, accumulate);
}

void ck_pack_rows(int64_t n, int64_t k, const float *b, int64_t ldb, float *panels) {
    CK_CALL(ck_pack_rows, n, k, b, ldb, panels);
}

void ck_gemm_packed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *panels, float *c, int64_t ldc,
    int accumulate) {
    CK_PRODUCT(ck_gemm_packed, m, n, k, a, lda, panels, c, ldc, accumulate);
}

void ck_gemm_transposed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc, float *scratch) {
    CK_PRODUCT(ck_gemm_transposed, m, n, k, a, lda, b, ldb, c, ldc, scratch);
}
