#pragma once
#include <stdint.h>
#include "ck_linear.h"

// Decoding: a handful of tokens against weights that are read once each, so that memory is the limit and not arithmetic.

/// From more tokens than this on, `ck_linear_forward` is the faster way.
#define CK_MATVEC_TOKENS 4

/// y[m × count] = x[m × in]·W[first ..< first+count]ᵀ, or += when `accumulate`; `y` points at column `first`, `bias` at its beginning
/// or is NULL. Some rows of W at a time are unpacked into `scratch` (CK_LINEAR_SCRATCH floats). What a token gets is the same bits
/// whatever `m` is and whichever other tokens there are.
void ck_matvec(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *x, int64_t ldx, float *y, int64_t ldy,
    const float *bias, int accumulate, float *scratch);

/// A run of cached keys and values: `count` rows that follow each other at the cache's stride.
typedef struct {
    const float *k, *v;
    int64_t count;
} ck_span;

/// out[g] = softmax(q[g]·kᵀ·scale)·v for `group` query heads that share one key head, over all spans in order.
/// q and out hold the heads one after the other; `scratch` has group · (Σ count rounded up to 8) floats.
void ck_attend_spans(
    int64_t spans, const ck_span *span, int64_t head, int64_t group, float scale, int64_t ldkv, const float *q, float *out,
    float *scratch);

/// The index of the largest of n numbers, the first of equals; NaN never wins.
int64_t ck_argmax(int64_t n, const float *x);
