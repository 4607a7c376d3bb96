#include "ck_rows.h"
#include "ck_cpu.h"
#define CK_IMPLEMENTATION "rows.inc"
#include "impl/variants.h"

void ck_rms_norm(int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, float eps, float *y, int64_t ldy, float *rstd) {
    CK_CALL(ck_rms_norm, rows, d, x, ldx, w, eps, y, ldy, rstd);
}
void ck_rms_norm_backward(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *rstd, const float *dy, int64_t lddy,
    float *dx, int64_t lddx, float *dw) {
    CK_CALL(ck_rms_norm_backward, rows, d, x, ldx, w, rstd, dy, lddy, dx, lddx, dw);
}
void ck_layer_norm(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *b, float eps, float *y, int64_t ldy,
    float *mean, float *rstd) {
    CK_CALL(ck_layer_norm, rows, d, x, ldx, w, b, eps, y, ldy, mean, rstd);
}
void ck_layer_norm_backward(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *w, const float *mean, const float *rstd,
    const float *dy, int64_t lddy, float *dx, int64_t lddx, float *dw, float *db) {
    CK_CALL(ck_layer_norm_backward, rows, d, x, ldx, w, mean, rstd, dy, lddy, dx, lddx, dw, db);
}
void ck_norm_gradient(
    int64_t rows, int64_t d, const float *x, int64_t ldx, const float *mean, const float *rstd, int64_t lds, const float *dy,
    int64_t lddy, float *dw, float *db) {
    CK_CALL(ck_norm_gradient, rows, d, x, ldx, mean, rstd, lds, dy, lddy, dw, db);
}
void ck_column_sums(int64_t rows, int64_t n, const float *x, int64_t ldx, float *out) { CK_CALL(ck_column_sums, rows, n, x, ldx, out); }
void ck_rope(
    int64_t rows, int64_t heads, int64_t head, int64_t rotated, float *x, int64_t ldx, const int32_t *positions,
    const float *cosine, const float *sine, float direction) {
    CK_CALL(ck_rope, rows, heads, head, rotated, x, ldx, positions, cosine, sine, direction);
}
void ck_activation(int kind, int64_t rows, int64_t n, const float *gate, const float *up, int64_t ld, float *out, int64_t ldo) {
    CK_CALL(ck_activation, kind, rows, n, gate, up, ld, out, ldo);
}
void ck_activation_backward(
    int kind, int64_t rows, int64_t n, const float *gate, const float *up, int64_t ld, const float *dout, int64_t ldd,
    float *dgate, float *dup, int64_t ldg) {
    CK_CALL(ck_activation_backward, kind, rows, n, gate, up, ld, dout, ldd, dgate, dup, ldg);
}
float ck_cross_entropy(int64_t n, float *logits, int64_t target, float smoothing, float scale, int *correct) {
    return CK_CALL(ck_cross_entropy, n, logits, target, smoothing, scale, correct);
}
void ck_softcap(int64_t n, float cap, float *x) { CK_CALL(ck_softcap, n, cap, x); }
void ck_softcap_backward(int64_t n, float cap, const float *y, float *dy) { CK_CALL(ck_softcap_backward, n, cap, y, dy); }
void ck_scale(int64_t n, float factor, float *x) { CK_CALL(ck_scale, n, factor, x); }
void ck_add_scaled(int64_t n, float a, const float *x, float *y) { CK_CALL(ck_add_scaled, n, a, x, y); }
double ck_sum_of_squares(int64_t n, const float *x) { return CK_CALL(ck_sum_of_squares, n, x); }
void ck_adamw(
    int64_t n, float *w, const float *g, float *m, float *v, const float *anchor, float gradient_scale, float rate, float beta1,
    float beta2, float epsilon, float decay, float anchor_decay, int64_t step) {
    CK_CALL(ck_adamw, n, w, g, m, v, anchor, gradient_scale, rate, beta1, beta2, epsilon, decay, anchor_decay, step);
}
