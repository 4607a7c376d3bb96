#include "ck_delta.h"
#include "ck_cpu.h"
#define CK_IMPLEMENTATION "delta.inc"
#include "impl/variants.h"

void ck_delta_forward(const ck_delta *d, float *state, float *out, int64_t ldo) { CK_CALL(ck_delta_forward, d, state, out, ldo); }

int64_t ck_delta_scratch(int64_t keys) { return (CK_DELTA_TOKENS + 1) * (keys + 2) * CK_DELTA_COLUMNS; }

void ck_delta_backward(
    const ck_delta *d, const float *state, const float *dout, int64_t ldo, float *dstate, float *dq, float *dk, float *dv, int64_t ldd,
    float *dlog, float *dbeta, float *scratch) {
    CK_CALL(ck_delta_backward, d, state, dout, ldo, dstate, dq, dk, dv, ldd, dlog, dbeta, scratch);
}

static float softplus(float x) { return x > 20.0f ? x : log1pf(expf(x)); }
static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

void ck_delta_gates(
    int64_t rows, int64_t heads, const float *b, const float *a, int64_t ld, const float *rate, const float *bias, float *gates,
    int64_t ldg) {
    for (int64_t t = 0; t < rows; t++, b += ld, a += ld, gates += ldg)
        for (int64_t h = 0; h < heads; h++) {
            gates[h] = expf(-expf(rate[h]) * softplus(a[h] + bias[h]));
            gates[heads + h] = sigmoid(b[h]);
        }
}

void ck_delta_gates_backward(
    int64_t rows, int64_t heads, const float *b, const float *a, int64_t ld, const float *rate, const float *bias, const float *dgates,
    int64_t ldg, float *db, float *da, int64_t ldd) {
    for (int64_t t = 0; t < rows; t++, b += ld, a += ld, dgates += ldg, db += ldd, da += ldd)
        for (int64_t h = 0; h < heads; h++) {
            float s = sigmoid(b[h]);
            da[h] = -dgates[h] * expf(rate[h]) * sigmoid(a[h] + bias[h]);
            db[h] = dgates[heads + h] * s * (1.0f - s);
        }
}

void ck_delta_decay_gradient(
    int64_t rows, int64_t heads, const float *a, int64_t ld, const float *rate, const float *bias, const float *dgates, int64_t ldg,
    const float *da, int64_t ldd, float *drate, float *dbias) {
    for (int64_t t = 0; t < rows; t++, a += ld, dgates += ldg, da += ldd)
        for (int64_t h = 0; h < heads; h++) {
            drate[h] -= dgates[h] * expf(rate[h]) * softplus(a[h] + bias[h]);
            dbias[h] += da[h];
        }
}

void ck_silu_taps(int64_t n, int64_t taps, const float *w, int64_t ldw, const float *const *rows, float *out) {
    CK_CALL(ck_silu_taps, n, taps, w, ldw, rows, out);
}
void ck_silu_taps_backward(
    int64_t tokens, int64_t first, int64_t n, int64_t taps, const float *w, int64_t ldw, const int32_t *previous, const float *x,
    int64_t ldx, float *dy, int64_t lddy, float *dx, int64_t lddx, float *dw) {
    CK_CALL(ck_silu_taps_backward, tokens, first, n, taps, w, ldw, previous, x, ldx, dy, lddy, dx, lddx, dw);
}
void ck_unit_heads(int64_t rows, int64_t heads, int64_t size, float scale, float eps, float *x, int64_t ldx, float *rstd, int64_t lds) {
    CK_CALL(ck_unit_heads, rows, heads, size, scale, eps, x, ldx, rstd, lds);
}
void ck_unit_heads_backward(
    int64_t rows, int64_t heads, int64_t size, float scale, const float *y, int64_t ldy, const float *rstd, int64_t lds, float *dy,
    int64_t lddy) {
    CK_CALL(ck_unit_heads_backward, rows, heads, size, scale, y, ldy, rstd, lds, dy, lddy);
}
void ck_gated_norm(
    int64_t rows, int64_t heads, int64_t size, const float *x, int64_t ldx, const float *z, int64_t ldz, const float *w, float eps,
    float *out, int64_t ldo) {
    CK_CALL(ck_gated_norm, rows, heads, size, x, ldx, z, ldz, w, eps, out, ldo);
}
void ck_gated_norm_backward(
    int64_t rows, int64_t heads, int64_t size, const float *x, int64_t ldx, const float *z, int64_t ldz, const float *w, float eps,
    float *dout, int64_t ldo, float *dz, int64_t lddz, float *dw) {
    CK_CALL(ck_gated_norm_backward, rows, heads, size, x, ldx, z, ldz, w, eps, dout, ldo, dz, lddz, dw);
}
void ck_sigmoid_gate(int64_t rows, int64_t n, const float *x, int64_t ldx, const float *gate, int64_t ldg, float *out, int64_t ldo) {
    CK_CALL(ck_sigmoid_gate, rows, n, x, ldx, gate, ldg, out, ldo);
}
void ck_sigmoid_gate_backward(
    int64_t rows, int64_t n, const float *x, int64_t ldx, const float *gate, int64_t ldg, float *dout, int64_t ldo, float *dgate,
    int64_t lddg) {
    CK_CALL(ck_sigmoid_gate_backward, rows, n, x, ldx, gate, ldg, dout, ldo, dgate, lddg);
}
