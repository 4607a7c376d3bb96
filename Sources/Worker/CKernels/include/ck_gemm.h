#pragma once
#include <stdint.h>

/// How a product joins what C holds: in its place, added to it, or as one sum that begins with it, so that a product in parts
/// has the bits of a whole one.
enum { CK_SET = 0, CK_ADD = 1, CK_GO_ON = 2 };

/// C[m×n] = A·B, joined as `accumulate` says; A's element (i, p) is a[i·rs + p·cs], B is row-major with `ldb` floats a row.
/// (rs, cs) = (lda, 1) reads A as it is, (1, lda) reads it transposed. Nothing is packed: for products of which one side is
/// narrow (adapters, attention).
void ck_gemm(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t rs, int64_t cs, const float *b, int64_t ldb, float *c,
    int64_t ldc, int accumulate);

enum {
    /// The floats of scratch that `ck_gemm_transposed` needs.
    CK_TRANSPOSED_SCRATCH = 256 * 96 + 256 * 16,
};

/// C[m×n] += Aᵀ·B with A [k×m] and B [k×n], both row-major: the gradient of a weight from its outputs' gradients and its inputs.
/// Both sides are packed, so all three dimensions may be large.
void ck_gemm_transposed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc, float *scratch);

/// Copies `n` rows of `k` floats (row-major, `ldb` a row) into panels of 16 rows, transposed: panel p holds [k][16]; the
/// last panel is filled with zeros. `panels` has ceil(n/16)·16·k floats.
void ck_pack_rows(int64_t n, int64_t k, const float *b, int64_t ldb, float *panels);

/// C[m×n] = A[m×k]·Bᵀ, or += when `accumulate`, where B's n rows were packed by `ck_pack_rows`.
void ck_gemm_packed(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *panels, float *c, int64_t ldc,
    int accumulate);
