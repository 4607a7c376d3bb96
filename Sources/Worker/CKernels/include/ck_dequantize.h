// Conversions between storage types and float, row by row. Types are ggml's numbers, as GGUF carries them.
#pragma once
#include <stdint.h>

enum {
    CK_F32 = 0, CK_F16 = 1, CK_Q4_0 = 2, CK_Q4_1 = 3, CK_Q5_0 = 6, CK_Q5_1 = 7, CK_Q8_0 = 8,
    CK_Q2_K = 10, CK_Q3_K = 11, CK_Q4_K = 12, CK_Q5_K = 13, CK_Q6_K = 14, CK_BF16 = 30,
};

/// Elements in a block of `type`, or 0 for a type that is not supported.
int64_t ck_block_elements(int32_t type);
/// Bytes in a block of `type`, or 0 for a type that is not supported.
int64_t ck_block_bytes(int32_t type);

/// Dequantises `count` elements (whole blocks) of `source` into `destination`; bit-equal to the `gguf` Python package (0.19).
/// The variant is chosen at run time (`ck_cpu_level`), and each gives the same bits. `source` needs no alignment.
/// Returns 0, or -1 when the type is unknown or `count` is no whole number of blocks (nothing is written then).
int ck_dequantize_row(int32_t type, const void *source, int64_t count, float *destination);
/// The same from the plain build, for parity tests.
int ck_dequantize_row_scalar(int32_t type, const void *source, int64_t count, float *destination);

/// Quantises `count` floats to F32, F16, BF16, Q8_0, Q4_0 or Q4_1; bit-equal to the `gguf` Python package.
/// Returns 0, or -1 when the type cannot be written or `count` is no whole number of blocks.
int ck_quantize_row(int32_t type, const float *source, int64_t count, void *destination);

/// IEEE binary16 to binary32, exact.
float ck_half_to_float(uint16_t h);
/// IEEE binary32 to binary16, round to nearest even.
uint16_t ck_float_to_half(float f);
