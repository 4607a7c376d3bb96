#pragma once
#include <stdint.h>

// The gated delta rule (Yang et al. 2024, "Gated Delta Networks"): each head keeps a state S [keys × values] and sees of a token a query
// and a key of unit length, a value, a decay α and a rate β:
//     S ← α·S;  δ = β·(v - Sᵀk);  S ← S + k·δᵀ;  out = Sᵀq
// Every column of S goes by itself, so a token's numbers are the same bits however its sequence is cut into calls.

enum {
    /// Tokens that `ck_delta_backward` takes at most.
    CK_DELTA_TOKENS = 32,
    /// Columns of a state that are at work at a time.
    CK_DELTA_COLUMNS = 16,
};

/// One head over some successive tokens: pointers are those of the first token, at the head's columns.
typedef struct {
    int64_t tokens, keys, values;
    const float *q, *k, *v;
    int64_t ld;
    /// α and β of each token.
    const float *alpha, *beta;
    int64_t ldg;
} ck_delta;

/// out of each token; `state` is that before the first token, and then that after the last.
void ck_delta_forward(const ck_delta *d, float *state, float *out, int64_t ldo);

/// Floats of scratch for `ck_delta_backward`.
int64_t ck_delta_scratch(int64_t keys);

/// The gradients of at most CK_DELTA_TOKENS tokens from those of out. `state` is that before the first token; `dstate` is the gradient
/// of the state after the last token, and then that of the state before the first. dq and dk are added to; dv, and the gradients of the
/// logarithm of α and of β, are set. Rows of dq, dk and dv are `ldd` floats apart.
void ck_delta_backward(
    const ck_delta *d, const float *state, const float *dout, int64_t ldo, float *dstate, float *dq, float *dk, float *dv, int64_t ldd,
    float *dlog, float *dbeta, float *scratch);

/// α = exp(-exp(rate) · softplus(a + bias)) and β = sigmoid(b) of each row's heads. `gates` holds α of all heads, then β.
void ck_delta_gates(
    int64_t rows, int64_t heads, const float *b, const float *a, int64_t ld, const float *rate, const float *bias, float *gates,
    int64_t ldg);
/// The gradients of b and a from those of log α and of β, which `dgates` holds side by side.
void ck_delta_gates_backward(
    int64_t rows, int64_t heads, const float *b, const float *a, int64_t ld, const float *rate, const float *bias, const float *dgates,
    int64_t ldg, float *db, float *da, int64_t ldd);
/// drate and dbias += their gradients over all rows, in their order; `da` is what `ck_delta_gates_backward` made.
void ck_delta_decay_gradient(
    int64_t rows, int64_t heads, const float *a, int64_t ld, const float *rate, const float *bias, const float *dgates, int64_t ldg,
    const float *da, int64_t ldd, float *drate, float *dbias);

/// One row: out = silu(Σ_k w[k] · rows[k]), each channel for itself. A NULL among the `taps` rows is one before the sequence began,
/// which adds nothing.
void ck_silu_taps(int64_t n, int64_t taps, const float *w, int64_t ldw, const float *const *rows, float *out);
/// Columns first ..< first + n of the gradients of x [tokens × ldx] from those of out, over all tokens in order: token t follows token
/// previous[t], or none where that is negative, and comes after it. `dy` is overwritten. `dw` [taps × ldw] is added to, unless NULL.
void ck_silu_taps_backward(
    int64_t tokens, int64_t first, int64_t n, int64_t taps, const float *w, int64_t ldw, const int32_t *previous, const float *x,
    int64_t ldx, float *dy, int64_t lddy, float *dx, int64_t lddx, float *dw);

/// Each head of each row in place: x · scale / √(Σ x² + eps); keeps 1/√(Σ x² + eps).
void ck_unit_heads(int64_t rows, int64_t heads, int64_t size, float scale, float eps, float *x, int64_t ldx, float *rstd, int64_t lds);
/// The gradients of `ck_unit_heads`' input in the place of those of its output y.
void ck_unit_heads_backward(
    int64_t rows, int64_t heads, int64_t size, float scale, const float *y, int64_t ldy, const float *rstd, int64_t lds, float *dy,
    int64_t lddy);

/// out = x · w / √(mean(x²) + eps) · silu(z) of each head of each row.
void ck_gated_norm(
    int64_t rows, int64_t heads, int64_t size, const float *x, int64_t ldx, const float *z, int64_t ldz, const float *w, float eps,
    float *out, int64_t ldo);
/// The gradients of x, in the place of those of out, and of z. `dw` is added to, in the rows' order, unless NULL.
void ck_gated_norm_backward(
    int64_t rows, int64_t heads, int64_t size, const float *x, int64_t ldx, const float *z, int64_t ldz, const float *w, float eps,
    float *dout, int64_t ldo, float *dz, int64_t lddz, float *dw);

/// out = x · sigmoid(gate).
void ck_sigmoid_gate(int64_t rows, int64_t n, const float *x, int64_t ldx, const float *gate, int64_t ldg, float *out, int64_t ldo);
/// The gradients of x, in the place of those of out, and of the gate.
void ck_sigmoid_gate_backward(
    int64_t rows, int64_t n, const float *x, int64_t ldx, const float *gate, int64_t ldg, float *dout, int64_t ldo, float *dgate,
    int64_t lddg);
