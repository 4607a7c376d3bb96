#pragma once
#include <stdint.h>

/// A weight matrix as its file holds it: `out` rows of `in` numbers of ggml type `type`.
typedef struct {
    const void *data;
    int64_t row_bytes;
    int64_t out, in;
    int32_t type, block_size, block_bytes;
    /// 0, or the head size of a matrix whose rows were interleaved for rotary pairs (GGUF, Llama): row (half, i) of a head
    /// is then stored as row 2i + half.
    int32_t interleaved_head;
} ck_matrix;

/// A low-rank addition to a product: `rows` [m × rank] times the adapter's other factor, already scaled.
typedef struct {
    const float *rows;
    int64_t row_stride;
    const float *factor;
    int64_t rank;
} ck_low_rank;

enum {
    /// The floats of scratch that one thread needs for the functions below.
    CK_LINEAR_SCRATCH = 320 * 256 + 320 * 32,
    /// The widest block of rows or columns that one call may be asked for.
    CK_LINEAR_BLOCK = 256,
};

/// y[m × count] = x[m × in]·W[first ..< first+count]ᵀ (+ bias) (+ rows·factorᵀ), or += when `accumulate`.
/// `y` points at column `first`; `bias` and `factor` ([out × rank]) at their beginning, or NULL.
/// `accumulate` counts for the whole sum, bias included.
void ck_linear_forward(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *x, int64_t ldx, float *y, int64_t ldy,
    const float *bias, const ck_low_rank *low, int accumulate, float *scratch);

/// dx[m × count] = dy[m × out]·W[:, first ..< first+count] (+ rows·factor), or += when `accumulate`.
/// `dx` points at column `first`; `factor` is [in × rank], at its beginning. `first` and `count` are whole blocks of W's type.
void ck_linear_input_gradient(
    const ck_matrix *w, int64_t first, int64_t count, int64_t m, const float *dy, int64_t lddy, float *dx, int64_t lddx,
    const ck_low_rank *low, int accumulate, float *scratch);

/// The place of row `row` of W in the file.
const void *ck_matrix_row(const ck_matrix *w, int64_t row);
