#pragma once
#include <stdint.h>

// Short gated convolutions (LFM2, Liquid AI 2025): y[t] = c[t] · Σ_k w[k] · p[t - (taps - 1 - k)] with p = b · x, each channel for
// itself. A row of `bcx` holds b, c and x side by side, each `d` wide; weights are [taps × d], the oldest tap first.

/// products = b · x of each row.
void ck_gate_products(int64_t rows, int64_t d, const float *bcx, int64_t ld, float *products, int64_t ldp);

/// One row: out = gate · Σ_k w[k] · rows[k]. A NULL among the `taps` rows is one before the sequence began, which adds nothing.
void ck_gated_taps(int64_t n, int64_t taps, const float *w, int64_t ldw, const float *const *rows, const float *gate, float *out);

/// Columns first ..< first + n of the gradients of `bcx` from those of y, over all tokens in order: token t follows token
/// previous[t], or none where that is negative, and comes after it. `scratch` [tokens × d] is overwritten. `dw` [taps × d] is
/// added to, unless NULL.
void ck_gated_taps_backward(
    int64_t tokens, int64_t d, int64_t first, int64_t n, int64_t taps, const float *w, const int32_t *previous,
    const float *products, const float *bcx, int64_t ld, const float *dy, float *dbcx, float *scratch, float *dw);
