// Float to storage types, for exports. Arithmetic follows the `gguf` Python package operation by operation.
#include "ck_dequantize.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

uint16_t ck_float_to_half(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
    const uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (magnitude >= 0x38800000) {
        const uint32_t shifted = magnitude - (112u << 23);
        return (uint16_t)(sign | ((shifted + 0xfff + ((shifted >> 13) & 1)) >> 13));
    }
    // Subnormal: the exponent picks how far the significand moves; a shift over 24 leaves nothing.
    const uint32_t exponent = magnitude >> 23;
    const uint32_t shift = 126 - exponent;
    if (shift > 24) return sign;
    const uint32_t significand = (magnitude & 0x7fffff) | 0x800000;
    const uint32_t half = 1u << (shift - 1), rest = significand & ((1u << shift) - 1);
    uint32_t result = significand >> shift;
    if (rest > half || (rest == half && (result & 1))) result++;
    return (uint16_t)(sign | result);
}

static void put_half(uint8_t *p, float f) {
    const uint16_t h = ck_float_to_half(f);
    memcpy(p, &h, 2);
}

static uint16_t float_to_bf16(float f) {
    uint32_t n;
    memcpy(&n, &f, 4);
    if ((n & 0x7fffffff) > 0x7f800000) return (uint16_t)((n >> 16) | 64);
    return (uint16_t)(((uint64_t)n + (0x7fff + ((n >> 16) & 1))) >> 16);
}

/// Truncates to an integer and clamps, NaN giving 0, so that no conversion is undefined.
static int clamp(float x, int low, int high) {
    if (!(x >= (float)low)) return low;
    if (x >= (float)high) return high;
    return (int)x;
}

static void q8_0(const float *x, int64_t n, uint8_t *out) {
    for (int64_t b = 0; b < n / 32; b++, x += 32, out += 34) {
        float most = 0;
        for (int i = 0; i < 32; i++) most = fmaxf(most, fabsf(x[i]));
        const float d = most / 127, inverse = d == 0 ? 0 : 1 / d;
        put_half(out, d);
        for (int i = 0; i < 32; i++) {
            const float scaled = roundf(x[i] * inverse);
            out[2 + i] = (uint8_t)(int8_t)clamp(scaled, -128, 127);
        }
    }
}

static void q4_0(const float *x, int64_t n, uint8_t *out) {
    for (int64_t b = 0; b < n / 32; b++, x += 32, out += 18) {
        float extreme = x[0];
        for (int i = 1; i < 32; i++) if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
        const float d = extreme / -8, inverse = d == 0 ? 0 : 1 / d;
        put_half(out, d);
        for (int i = 0; i < 16; i++) {
            const int low = clamp(x[i] * inverse + 8.5f, 0, 15), high = clamp(x[i + 16] * inverse + 8.5f, 0, 15);
            out[2 + i] = (uint8_t)(low | (high << 4));
        }
    }
}

static void q4_1(const float *x, int64_t n, uint8_t *out) {
    for (int64_t b = 0; b < n / 32; b++, x += 32, out += 20) {
        float least = x[0], most = x[0];
        for (int i = 1; i < 32; i++) {
            least = fminf(least, x[i]);
            most = fmaxf(most, x[i]);
        }
        const float d = (most - least) / 15, inverse = d == 0 ? 0 : 1 / d;
        put_half(out, d);
        put_half(out + 2, least);
        for (int i = 0; i < 16; i++) {
            const int low = clamp((x[i] - least) * inverse + 0.5f, 0, 15);
            const int high = clamp((x[i + 16] - least) * inverse + 0.5f, 0, 15);
            out[4 + i] = (uint8_t)(low | (high << 4));
        }
    }
}

int ck_quantize_row(int32_t type, const float *src, int64_t n, void *dst) {
    const int64_t block = ck_block_elements(type);
    if (block == 0 || n < 0 || n % block != 0) return -1;
    uint8_t *out = dst;
    switch (type) {
        case CK_F32:
            memcpy(out, src, (size_t)n * sizeof(float));
            return 0;
        case CK_F16:
            for (int64_t i = 0; i < n; i++) put_half(out + 2 * i, src[i]);
            return 0;
        case CK_BF16:
            for (int64_t i = 0; i < n; i++) {
                const uint16_t h = float_to_bf16(src[i]);
                memcpy(out + 2 * i, &h, 2);
            }
            return 0;
        case CK_Q8_0: q8_0(src, n, out); return 0;
        case CK_Q4_0: q4_0(src, n, out); return 0;
        case CK_Q4_1: q4_1(src, n, out); return 0;
        default: return -1;
    }
}
