// Products with a weight matrix that stays quantised: each block of it is dequantised straight into the panels that the
// micro-kernel reads, once for all tokens of the micro-batch, so that the cost of the format is O(d²) against O(T·d²).
#include "ck_linear.h"
#include "ck_dequantize.h"
#include "ck_gemm.h"
#include <string.h>

// Tokens whose activations (over one block of the inner dimension) stay in the second cache beside the panels.
enum { token_block = 192 };

const void *ck_matrix_row(const ck_matrix *w, int64_t row) {
    int64_t head = w->interleaved_head;
    if (head > 0) {
        int64_t base = row - row % head, j = row % head, half = head / 2;
        row = base + 2 * (j % half) + j / half;
    }
    return (const char *)w->data + row * w->row_bytes;
}

// How much of the inner dimension to take at a time: about 288, whole blocks of the type.
static int64_t depth_of(int64_t k, int64_t block) {
    if (block > 32) return block;
    int64_t parts = (k + 319) / 320, each = (k + parts - 1) / parts;
    return (each + 31) / 32 * 32;
}

static void segment(const ck_matrix *w, int64_t row, int64_t from, int64_t count, float *out) {
    const char *source = (const char *)ck_matrix_row(w, row) + from / w->block_size * w->block_bytes;
    ck_dequantize_row(w->type, source, count, out);
}

// Floats that can be read where they are, with `in` of them a row; a file may also hold them at odd addresses.
static const float *plain(const ck_matrix *w) {
    return w->type == CK_F32 && w->interleaved_head == 0 && (uintptr_t)w->data % sizeof(float) == 0 ? w->data : NULL;
}

static void multiply(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *panels, float *c, int64_t ldc,
    int accumulate) {
    for (int64_t t = 0; t < m; t += token_block) {
        int64_t rows = m - t < token_block ? m - t : token_block;
        ck_gemm_packed(rows, n, k, a + t * lda, lda, panels, c + t * ldc, ldc, accumulate);
    }
}

void ck_linear_forward(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *x, int64_t ldx, float *y, int64_t ldy,
    const float *bias, const ck_low_rank *low, int accumulate, float *scratch) {
    float *panels = scratch, *rows = scratch + 320 * 256;
    if (bias) {
        for (int64_t t = 0; t < m; t++) {
            float *out = y + t * ldy;
            for (int64_t j = 0; j < count; j++) out[j] = accumulate ? out[j] + bias[first + j] : bias[first + j];
        }
        accumulate = 1;
    }
    const float *floats = plain(w);
    int64_t depth = depth_of(w->in, w->block_size);
    for (int64_t k = 0; k < w->in; k += depth) {
        int64_t kc = w->in - k < depth ? w->in - k : depth;
        for (int64_t j = 0; j < count; j += 16) {
            int64_t n = count - j < 16 ? count - j : 16;
            if (floats) {
                ck_pack_rows(n, kc, floats + (first + j) * w->in + k, w->in, panels + j * kc);
                continue;
            }
            for (int64_t r = 0; r < n; r++) segment(w, first + j + r, k, kc, rows + r * kc);
            ck_pack_rows(n, kc, rows, kc, panels + j * kc);
        }
        multiply(m, count, kc, x + k, ldx, panels, y, ldy, accumulate || k > 0);
    }
    if (low && low->rank > 0) {
        ck_pack_rows(count, low->rank, low->factor + first * low->rank, low->rank, panels);
        multiply(m, count, low->rank, low->rows, low->row_stride, panels, y, ldy, 1);
    }
}

void ck_linear_input_gradient(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *dy, int64_t lddy, float *dx, int64_t lddx,
    const ck_low_rank *low, int accumulate, float *scratch) {
    float *panels = scratch, *scratch_row = scratch + 320 * 256;
    const float *floats = plain(w);
    int64_t depth = depth_of(w->out, 32);
    for (int64_t k = 0; k < w->out; k += depth) {
        int64_t kc = w->out - k < depth ? w->out - k : depth;
        for (int64_t p = 0; p < kc; p++) {
            const float *row = floats ? floats + (k + p) * w->in + first : scratch_row;
            if (!floats) segment(w, k + p, first, count, scratch_row);
            for (int64_t j = 0; j < count; j += 16) {
                float *panel = panels + j * kc + p * 16;
                if (count - j >= 16) {
                    memcpy(panel, row + j, 16 * sizeof(float));
                } else {
                    for (int64_t t = 0; t < 16; t++) panel[t] = t < count - j ? row[j + t] : 0.0f;
                }
            }
        }
        multiply(m, count, kc, dy + k, lddy, panels, dx, lddx, accumulate || k > 0);
    }
    if (low && low->rank > 0) {
        ck_pack_rows(count, low->rank, low->factor + first * low->rank, low->rank, panels);
        multiply(m, count, low->rank, low->rows, low->row_stride, panels, dx, lddx, 1);
    }
}
