// Storage types to float. One plain body (dequantize_body.h) is compiled for the baseline and for AVX2; the commonest types have wide
// bodies of their own. Which of them runs is decided as for every kernel (ck_cpu.h).
#include "ck_dequantize.h"

#include "ck_cpu.h"
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma STDC FP_CONTRACT OFF

float ck_half_to_float(uint16_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = (h >> 10) & 31, fraction = h & 0x3ff, bits;
    if (exponent == 31) {
        bits = sign | 0x7f800000 | (fraction << 13);
    } else if (exponent != 0) {
        bits = sign | ((exponent + 112) << 23) | (fraction << 13);
    } else {
        // Zero or subnormal: fraction × 2⁻²⁴ is exact in binary32.
        const float value = (float)fraction * 0x1p-24f;
        memcpy(&bits, &value, 4);
        bits |= sign;
    }
    float result;
    memcpy(&result, &bits, 4);
    return result;
}

static inline float half_at(const uint8_t *p) {
    uint16_t h;
    memcpy(&h, p, 2);
    return ck_half_to_float(h);
}

/// The 6-bit scale and minimum of group `j` (0…7) in the 12 packed bytes of Q4_K and Q5_K.
static inline void k_scale_min(const uint8_t *q, int j, int *scale, int *min) {
    if (j < 4) {
        *scale = q[j] & 63;
        *min = q[j + 4] & 63;
    } else {
        *scale = (q[j + 4] & 15) | ((q[j - 4] >> 6) << 4);
        *min = (q[j + 4] >> 4) | ((q[j] >> 6) << 4);
    }
}

static void scalar_f16(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t i = 0; i < n; i++) dst[i] = half_at(src + 2 * i);
}

#define CK_TARGET
#define CK_NAME(x) scalar_##x
#include "dequantize_body.h"
#undef CK_TARGET
#undef CK_NAME

#if defined(__x86_64__)
__attribute__((target("avx2,f16c")))
static void avx2_f16(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(dst + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(src + 2 * i))));
    }
    for (; i < n; i++) dst[i] = half_at(src + 2 * i);
}

#define CK_TARGET __attribute__((target("avx2,f16c")))

// Two neighbouring halves, which most formats begin a block with.
CK_TARGET static inline __m128 halves_at(const uint8_t *p) {
    int32_t both;
    memcpy(&both, p, 4);
    return _mm_cvtph_ps(_mm_cvtsi32_si128(both));
}

CK_TARGET static inline float avx2_half_at(const uint8_t *p) {
    uint16_t h;
    memcpy(&h, p, 2);
    // By way of a general register: the compiler would insert the half into a register that is still in use, so that each block waits for
    // the one before.
    int32_t wide = h;
    __asm__("" : "+r"(wide));
    return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(wide)));
}

// Eight bytes as floats, from the low half of `q`.
CK_TARGET static inline __m256 unsigned8(__m128i q) { return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(q)); }
CK_TARGET static inline __m256 signed8(__m128i q) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(q)); }

CK_TARGET static void avx2_q4_0(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m128i low = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
    for (int64_t b = 0; b < n / 32; b++, src += 18, dst += 32) {
        const __m256 d = _mm256_set1_ps(avx2_half_at(src));
        const __m128i q = _mm_loadu_si128((const __m128i *)(src + 2));
        const __m128i l = _mm_sub_epi8(_mm_and_si128(q, low), eight), h = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(q, 4), low), eight);
        _mm256_storeu_ps(dst, _mm256_mul_ps(d, signed8(l)));
        _mm256_storeu_ps(dst + 8, _mm256_mul_ps(d, signed8(_mm_srli_si128(l, 8))));
        _mm256_storeu_ps(dst + 16, _mm256_mul_ps(d, signed8(h)));
        _mm256_storeu_ps(dst + 24, _mm256_mul_ps(d, signed8(_mm_srli_si128(h, 8))));
    }
}

CK_TARGET static void avx2_q4_1(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m128i low = _mm_set1_epi8(15);
    for (int64_t b = 0; b < n / 32; b++, src += 20, dst += 32) {
        const __m128 both = halves_at(src);
        const __m256 d = _mm256_broadcastss_ps(both), m = _mm256_broadcastss_ps(_mm_movehdup_ps(both));
        const __m128i q = _mm_loadu_si128((const __m128i *)(src + 4));
        const __m128i l = _mm_and_si128(q, low), h = _mm_and_si128(_mm_srli_epi16(q, 4), low);
        _mm256_storeu_ps(dst, _mm256_add_ps(_mm256_mul_ps(d, unsigned8(l)), m));
        _mm256_storeu_ps(dst + 8, _mm256_add_ps(_mm256_mul_ps(d, unsigned8(_mm_srli_si128(l, 8))), m));
        _mm256_storeu_ps(dst + 16, _mm256_add_ps(_mm256_mul_ps(d, unsigned8(h)), m));
        _mm256_storeu_ps(dst + 24, _mm256_add_ps(_mm256_mul_ps(d, unsigned8(_mm_srli_si128(h, 8))), m));
    }
}

CK_TARGET static void avx2_q8_0(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 34, dst += 32) {
        const __m256 d = _mm256_set1_ps(avx2_half_at(src));
        for (int i = 0; i < 32; i += 8)
            _mm256_storeu_ps(dst + i, _mm256_mul_ps(d, signed8(_mm_loadl_epi64((const __m128i *)(src + 2 + i)))));
    }
}

#define CK_NAME(x) avx2_##x
#define CK_WIDE
#define half_at avx2_half_at
#include "dequantize_body.h"
#undef half_at
#undef CK_WIDE
#undef CK_TARGET
#undef CK_NAME

// Sixteen lanes for the commonest types; the others are as AVX2 has them.
#define CK_TARGET __attribute__((target("avx2,f16c,avx512f,avx512vl,avx512dq,avx512bw")))
CK_TARGET static inline __m512 unsigned16(__m128i q) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(q)); }
CK_TARGET static inline __m512 signed16(__m128i q) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(q)); }

// The sixteen numbers that a block's four bits can mean are worked out once and then looked up: a permutation reads the lowest four bits of
// each index alone.
CK_TARGET static inline void look_up(const uint8_t *q, __m512 table, float *dst) {
    // Rows lie one after the other, and this is faster than memory: what comes two kilobytes on is asked for now.
    _mm_prefetch((const char *)q + 2048, _MM_HINT_T0);
    const __m512i both = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)q));
    _mm512_storeu_ps(dst, _mm512_permutexvar_ps(both, table));
    _mm512_storeu_ps(dst + 16, _mm512_permutexvar_ps(_mm512_srli_epi32(both, 4), table));
}

CK_TARGET static void avx512_q4_0(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m512 numbers = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    for (int64_t b = 0; b < n / 32; b++, src += 18, dst += 32)
        look_up(src + 2, _mm512_mul_ps(_mm512_set1_ps(avx2_half_at(src)), numbers), dst);
}

CK_TARGET static void avx512_q4_1(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int64_t b = 0; b < n / 32; b++, src += 20, dst += 32) {
        const __m128 both = halves_at(src);
        const __m512 d = _mm512_broadcastss_ps(both), m = _mm512_broadcastss_ps(_mm_movehdup_ps(both));
        look_up(src + 4, _mm512_add_ps(_mm512_mul_ps(d, numbers), m), dst);
    }
}

// The same of five bits, the fifth of which stands apart: bit i of `high` belongs to number i.
CK_TARGET static inline __m512 look_up5(__m512i low, uint32_t high, __m512 first, __m512 last) {
    const __m512i index = _mm512_and_si512(low, _mm512_set1_epi32(15));
    return _mm512_permutex2var_ps(first, _mm512_mask_or_epi32(index, (__mmask16)high, index, _mm512_set1_epi32(16)), last);
}

CK_TARGET static void avx512_q5_0(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m512 numbers = _mm512_setr_ps(-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1);
    const __m512 others = _mm512_add_ps(numbers, _mm512_set1_ps(16));
    for (int64_t b = 0; b < n / 32; b++, src += 22, dst += 32) {
        const __m512 d = _mm512_set1_ps(avx2_half_at(src)), first = _mm512_mul_ps(d, numbers), last = _mm512_mul_ps(d, others);
        uint32_t high;
        memcpy(&high, src + 2, 4);
        const __m512i both = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(src + 6)));
        _mm512_storeu_ps(dst, look_up5(both, high, first, last));
        _mm512_storeu_ps(dst + 16, look_up5(_mm512_srli_epi32(both, 4), high >> 16, first, last));
    }
}

CK_TARGET static void avx512_q4_k(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m512 numbers = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (int64_t b = 0; b < n / 256; b++, src += 144, dst += 256) {
        const float d = avx2_half_at(src), dmin = avx2_half_at(src + 2);
        __m512 tables[8];
        for (int group = 0; group < 8; group++) {
            int scale, min;
            k_scale_min(src + 4, group, &scale, &min);
            tables[group] = _mm512_sub_ps(_mm512_mul_ps(_mm512_set1_ps(d * (float)scale), numbers), _mm512_set1_ps(dmin * (float)min));
        }
        for (int i = 0; i < 8; i++) {
            // Sixteen bytes hold sixteen numbers of one group and sixteen of the next.
            const __m512i both = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(src + 16 + 16 * i)));
            float *out = dst + 64 * (i / 2) + 16 * (i % 2);
            _mm512_storeu_ps(out, _mm512_permutexvar_ps(both, tables[i / 2 * 2]));
            _mm512_storeu_ps(out + 32, _mm512_permutexvar_ps(_mm512_srli_epi32(both, 4), tables[i / 2 * 2 + 1]));
        }
    }
}

CK_TARGET static void avx512_q6_k(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    const __m512i low = _mm512_set1_epi32(15), two = _mm512_set1_epi32(0x30), middle = _mm512_set1_epi32(32);
    for (int64_t b = 0; b < n / 256; b++, src += 210, dst += 256) {
        const int8_t *scales = (const int8_t *)(src + 192);
        const float d = avx2_half_at(src + 208);
        for (int half = 0; half < 2; half++)
            for (int part = 0; part < 2; part++) {
                // Sixteen bytes of high bits serve four runs of sixteen numbers, 32 apart.
                const uint8_t *l = src + 64 * half + 16 * part;
                const __m512i h = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(src + 128 + 32 * half + 16 * part)));
                const __m512i l0 = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)l));
                const __m512i l1 = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(l + 32)));
                const __m512i values[4] = {
                    _mm512_or_si512(_mm512_and_si512(l0, low), _mm512_and_si512(_mm512_slli_epi32(h, 4), two)),
                    _mm512_or_si512(_mm512_and_si512(l1, low), _mm512_and_si512(_mm512_slli_epi32(h, 2), two)),
                    _mm512_or_si512(_mm512_srli_epi32(l0, 4), _mm512_and_si512(h, two)),
                    _mm512_or_si512(_mm512_srli_epi32(l1, 4), _mm512_and_si512(_mm512_srli_epi32(h, 2), two)),
                };
                for (int run = 0; run < 4; run++) {
                    const __m512 dl = _mm512_set1_ps(d * (float)scales[8 * half + 2 * run + part]);
                    _mm512_storeu_ps(
                        dst + 128 * half + 32 * run + 16 * part,
                        _mm512_mul_ps(dl, _mm512_cvtepi32_ps(_mm512_sub_epi32(values[run], middle))));
                }
            }
    }
}

CK_TARGET static void avx512_q8_0(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 34, dst += 32) {
        const __m512 d = _mm512_set1_ps(avx2_half_at(src));
        for (int i = 0; i < 32; i += 16)
            _mm512_storeu_ps(dst + i, _mm512_mul_ps(d, signed16(_mm_loadu_si128((const __m128i *)(src + 2 + i)))));
    }
}
#undef CK_TARGET

static int avx512_row(int32_t type, const void *src, int64_t n, float *dst) {
    switch (type) {
        case CK_Q4_0: avx512_q4_0(src, n, dst); return 0;
        case CK_Q4_1: avx512_q4_1(src, n, dst); return 0;
        case CK_Q5_0: avx512_q5_0(src, n, dst); return 0;
        case CK_Q8_0: avx512_q8_0(src, n, dst); return 0;
        case CK_Q4_K: avx512_q4_k(src, n, dst); return 0;
        case CK_Q6_K: avx512_q6_k(src, n, dst); return 0;
        default: return avx2_row(type, src, n, dst);
    }
}
#endif

int64_t ck_block_elements(int32_t type) {
    switch (type) {
        case CK_F32: case CK_F16: case CK_BF16: return 1;
        case CK_Q4_0: case CK_Q4_1: case CK_Q5_0: case CK_Q5_1: case CK_Q8_0: return 32;
        case CK_Q2_K: case CK_Q3_K: case CK_Q4_K: case CK_Q5_K: case CK_Q6_K: return 256;
        default: return 0;
    }
}

int64_t ck_block_bytes(int32_t type) {
    switch (type) {
        case CK_F32: return 4;
        case CK_F16: case CK_BF16: return 2;
        case CK_Q4_0: return 18;
        case CK_Q4_1: return 20;
        case CK_Q5_0: return 22;
        case CK_Q5_1: return 24;
        case CK_Q8_0: return 34;
        case CK_Q2_K: return 84;
        case CK_Q3_K: return 110;
        case CK_Q4_K: return 144;
        case CK_Q5_K: return 176;
        case CK_Q6_K: return 210;
        default: return 0;
    }
}

static int whole_blocks(int32_t type, int64_t n) {
    const int64_t block = ck_block_elements(type);
    return block != 0 && n >= 0 && n % block == 0;
}

int ck_dequantize_row(int32_t type, const void *src, int64_t n, float *dst) {
    if (!whole_blocks(type, n)) return -1;
#if defined(__x86_64__)
    switch (ck_cpu_level()) {
        case 2: return avx512_row(type, src, n, dst);
        case 1: return avx2_row(type, src, n, dst);
        default: break;
    }
#endif
    return scalar_row(type, src, n, dst);
}

int ck_dequantize_row_scalar(int32_t type, const void *src, int64_t n, float *dst) {
    return whole_blocks(type, n) ? scalar_row(type, src, n, dst) : -1;
}
