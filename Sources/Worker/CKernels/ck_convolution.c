#include "ck_convolution.h"
#include "ck_cpu.h"
#define CK_IMPLEMENTATION "convolution.inc"
#include "impl/variants.h"

void ck_gate_products(int64_t rows, int64_t d, const float *bcx, int64_t ld, float *products, int64_t ldp) {
    CK_CALL(ck_gate_products, rows, d, bcx, ld, products, ldp);
}
void ck_gated_taps(int64_t n, int64_t taps, const float *w, int64_t ldw, const float *const *rows, const float *gate, float *out) {
    CK_CALL(ck_gated_taps, n, taps, w, ldw, rows, gate, out);
}
void ck_gated_taps_backward(
    int64_t tokens, int64_t d, int64_t first, int64_t n, int64_t taps, const float *w, const int32_t *previous,
    const float *products, const float *bcx, int64_t ld, const float *dy, float *dbcx, float *scratch, float *dw) {
    CK_CALL(ck_gated_taps_backward, tokens, d, first, n, taps, w, previous, products, bcx, ld, dy, dbcx, scratch, dw);
}
