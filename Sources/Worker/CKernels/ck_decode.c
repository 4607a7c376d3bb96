#include "ck_decode.h"
#include "ck_cpu.h"
#include "ck_dequantize.h"
#define CK_HAS_WIDE
#define CK_IMPLEMENTATION "decode.inc"
#include "impl/variants.h"

void ck_matvec(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *x, int64_t ldx, float *y, int64_t ldy,
    const float *bias, int accumulate, float *scratch) {
    CK_CALL(ck_matvec, w, first, count, m, x, ldx, y, ldy, bias, accumulate, scratch);
}
void ck_attend_spans(
    int64_t spans, const ck_span *span, int64_t head, int64_t group, float scale, int64_t ldkv, const float *q, float *out,
    float *scratch) {
    CK_CALL(ck_attend_spans, spans, span, head, group, scale, ldkv, q, out, scratch);
}
int64_t ck_argmax(int64_t n, const float *x) { return CK_CALL(ck_argmax, n, x); }
