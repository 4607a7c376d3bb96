#pragma once
#include <stdint.h>

// Row by row, over `rows` tokens: what a transformer does between its matrix products.

/// y = x · rstd · w with rstd = 1/√(mean(x²) + eps) (Zhang & Sennrich 2019); keeps rstd for the backward pass.
void ck_rms_norm(int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, float eps, float *y, int64_t ldy, float *rstd);
/// dx += the gradient of `ck_rms_norm`'s input; dw += that of its weight, unless NULL.
void ck_rms_norm_backward(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *rstd, const float *dy, int64_t lddy,
    float *dx, int64_t lddx, float *dw);

/// y = (x - mean) · rstd · w + b (Ba et al. 2016); keeps mean and rstd.
void ck_layer_norm(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *b, float eps, float *y, int64_t ldy,
    float *mean, float *rstd);
/// dx += the gradient of `ck_layer_norm`'s input; dw, db += those of its parameters, unless NULL.
void ck_layer_norm_backward(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *mean, const float *rstd,
    const float *dy, int64_t lddy, float *dx, int64_t lddx, float *dw, float *db);

/// The gradients of a norm's parameters over all rows: dw += Σ dy · (x - mean) · rstd, db += Σ dy. `mean` is NULL for RMS norms, `db`
/// where there is no bias; `lds` is the distance of one row's statistics to the next.
void ck_norm_gradient(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *mean, const float *rstd, int64_t lds, const float *dy,
    int64_t lddy, float *dw, float *db);
/// out += Σ over the rows of x: the gradient of a bias.
void ck_column_sums(int64_t rows, int64_t n, const float *x, int64_t ldx, float *out);

/// Rotates the halves of the first `rotated` numbers of every head by its token's angle (Su et al. 2021): row t of
/// `cosine` and `sine` [position × rotated/2]. `direction` 1 rotates, -1 rotates back (the gradient).
void ck_rope(
    int64_t rows, int64_t heads, int64_t head, int64_t rotated, float *x, int64_t ldx, const int32_t *positions, const float *cosine,
    const float *sine, float direction);

enum { CK_SILU = 0, CK_GELU_TANH = 1 };
/// out = f(gate) · up, or f(gate) where `up` is NULL.
void ck_activation(int kind, int64_t rows, int64_t n, const float *gate, const float *up, int64_t ld, float *out, int64_t ldo);
/// dgate and dup from dout (dup unless `up` is NULL); each may lie in the place of dout.
void ck_activation_backward(
    int kind, int64_t rows, int64_t n, const float *gate, const float *up, int64_t ld, const float *dout, int64_t ldd,
    float *dgate, float *dup, int64_t ldg);

/// One row of logits against one target: returns the loss in nats of weight 1, sets *correct to whether the target is the
/// largest, and replaces the logits by scale · d loss / d logits unless scale is 0.
/// Label smoothing (Szegedy et al. 2016) spreads `smoothing` evenly over the vocabulary.
float ck_cross_entropy(int64_t n, float *logits, int64_t target, float smoothing, float scale, int *correct);

/// x = cap · tanh(x / cap).
void ck_softcap(int64_t n, float cap, float *x);
/// dy times the slope of `ck_softcap` where it gave y.
void ck_softcap_backward(int64_t n, float cap, const float *y, float *dy);

void ck_scale(int64_t n, float factor, float *x);
/// y += a · x
void ck_add_scaled(int64_t n, float a, const float *x, float *y);
/// Σ x², summed in double precision.
double ck_sum_of_squares(int64_t n, const float *x);

/// One step of AdamW (Loshchilov & Hutter 2019) as PyTorch computes it: decoupled decay, then bias-corrected moments.
/// `anchor`, unless NULL, is where `anchor_decay` pulls the weights to. Gradients are multiplied by `gradient_scale` first.
void ck_adamw(
    int64_t n, float *w, const float *g, float *m, float *v, const float *anchor, float gradient_scale, float rate, float beta1,
    float beta2, float epsilon, float decay, float anchor_decay, int64_t step);
