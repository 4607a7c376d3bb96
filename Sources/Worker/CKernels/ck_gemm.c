#include "ck_gemm.h"
#include "ck_cpu.h"
#define CK_HAS_WIDE
#define CK_IMPLEMENTATION "gemm.inc"
#include "impl/variants.h"

void ck_gemm(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t rs, int64_t cs, const float *b, int64_t ldb, float *c,
    int64_t ldc, int accumulate) {
    CK_CALL(ck_gemm, m, n, k, a, rs, cs, b, ldb, c, ldc, accumulate);
}

void ck_pack_rows(int64_t n, int64_t k, const float *b, int64_t ldb, float *panels) {
    CK_CALL(ck_pack_rows, n, k, b, ldb, panels);
}

void ck_gemm_packed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *panels, float *c, int64_t ldc,
    int accumulate) {
    CK_CALL(ck_gemm_packed, m, n, k, a, lda, panels, c, ldc, accumulate);
}

void ck_gemm_transposed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc, float *scratch) {
    CK_CALL(ck_gemm_transposed, m, n, k, a, lda, b, ldb, c, ldc, scratch);
}
