// The dequantisers, written once as plain loops and compiled twice by dequantize.c: for the baseline instruction set and,
// with CK_TARGET, for AVX2. Products and sums stay separate operations (no FMA), as in the `gguf` package, so that every
// build gives the same bits. Block layouts: ggml-common.h of llama.cpp. CK_WIDE: the commonest types have been written by hand.

CK_TARGET static void CK_NAME(f32)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    memcpy(dst, src, (size_t)n * sizeof(float));
}

CK_TARGET static void CK_NAME(bf16)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, src + 2 * i, 2);
        uint32_t u = (uint32_t)h << 16;
        memcpy(dst + i, &u, 4);
    }
}

#ifndef CK_WIDE
CK_TARGET static void CK_NAME(q4_0)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 18, dst += 32) {
        const float d = half_at(src);
        const uint8_t *q = src + 2;
        for (int i = 0; i < 16; i++) {
            dst[i] = d * (float)((q[i] & 15) - 8);
            dst[i + 16] = d * (float)((q[i] >> 4) - 8);
        }
    }
}

CK_TARGET static void CK_NAME(q4_1)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 20, dst += 32) {
        const float d = half_at(src), m = half_at(src + 2);
        const uint8_t *q = src + 4;
        for (int i = 0; i < 16; i++) {
            dst[i] = d * (float)(q[i] & 15) + m;
            dst[i + 16] = d * (float)(q[i] >> 4) + m;
        }
    }
}
#endif

CK_TARGET static void CK_NAME(q5_0)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 22, dst += 32) {
        const float d = half_at(src);
        const uint8_t *q = src + 6;
        uint32_t high;
        memcpy(&high, src + 2, 4);
        for (int i = 0; i < 16; i++) {
            const int low = (q[i] & 15) | (((high >> i) & 1) << 4);
            const int up = (q[i] >> 4) | (((high >> (i + 16)) & 1) << 4);
            dst[i] = d * (float)(low - 16);
            dst[i + 16] = d * (float)(up - 16);
        }
    }
}

CK_TARGET static void CK_NAME(q5_1)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 24, dst += 32) {
        const float d = half_at(src), m = half_at(src + 2);
        const uint8_t *q = src + 8;
        uint32_t high;
        memcpy(&high, src + 4, 4);
        for (int i = 0; i < 16; i++) {
            const int low = (q[i] & 15) | (((high >> i) & 1) << 4);
            const int up = (q[i] >> 4) | (((high >> (i + 16)) & 1) << 4);
            dst[i] = d * (float)low + m;
            dst[i + 16] = d * (float)up + m;
        }
    }
}

#ifndef CK_WIDE
CK_TARGET static void CK_NAME(q8_0)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 32; b++, src += 34, dst += 32) {
        const float d = half_at(src);
        const int8_t *q = (const int8_t *)(src + 2);
        for (int i = 0; i < 32; i++) dst[i] = d * (float)q[i];
    }
}
#endif

CK_TARGET static void CK_NAME(q2_k)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 256; b++, src += 84, dst += 256) {
        const uint8_t *scales = src, *q = src + 16;
        const float d = half_at(src + 80), dmin = half_at(src + 82);
        for (int group = 0; group < 16; group++) {
            const float dl = d * (float)(scales[group] & 15), ml = dmin * (float)(scales[group] >> 4);
            const int shift = 2 * ((group / 2) % 4);
            const uint8_t *bytes = q + 32 * (group / 8) + 16 * (group % 2);
            float *out = dst + 16 * group;
            for (int i = 0; i < 16; i++) out[i] = dl * (float)((bytes[i] >> shift) & 3) - ml;
        }
    }
}

CK_TARGET static void CK_NAME(q3_k)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 256; b++, src += 110, dst += 256) {
        const uint8_t *mask = src, *q = src + 32, *packed = src + 96;
        const float d = half_at(src + 108);
        for (int group = 0; group < 16; group++) {
            const int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
            const int high = (packed[8 + group % 4] >> (2 * (group / 4))) & 3;
            const float dl = d * (float)((low | (high << 4)) - 32);
            const int shift = 2 * ((group / 2) % 4), bit = group / 2;
            const uint8_t *bytes = q + 32 * (group / 8) + 16 * (group % 2), *masks = mask + 16 * (group % 2);
            float *out = dst + 16 * group;
            for (int i = 0; i < 16; i++) {
                const int value = ((bytes[i] >> shift) & 3) - (((masks[i] >> bit) & 1) ? 0 : 4);
                out[i] = dl * (float)value;
            }
        }
    }
}

CK_TARGET static void CK_NAME(q4_k)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 256; b++, src += 144, dst += 256) {
        const float d = half_at(src), dmin = half_at(src + 2);
        const uint8_t *q = src + 16;
        for (int group = 0; group < 8; group++) {
            int scale, min;
            k_scale_min(src + 4, group, &scale, &min);
            const float dl = d * (float)scale, ml = dmin * (float)min;
            const int shift = 4 * (group % 2);
            const uint8_t *bytes = q + 32 * (group / 2);
            float *out = dst + 32 * group;
            for (int i = 0; i < 32; i++) out[i] = dl * (float)((bytes[i] >> shift) & 15) - ml;
        }
    }
}

CK_TARGET static void CK_NAME(q5_k)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 256; b++, src += 176, dst += 256) {
        const float d = half_at(src), dmin = half_at(src + 2);
        const uint8_t *high = src + 16, *q = src + 48;
        for (int group = 0; group < 8; group++) {
            int scale, min;
            k_scale_min(src + 4, group, &scale, &min);
            const float dl = d * (float)scale, ml = dmin * (float)min;
            const int shift = 4 * (group % 2);
            const uint8_t *bytes = q + 32 * (group / 2);
            float *out = dst + 32 * group;
            for (int i = 0; i < 32; i++) {
                const int value = ((bytes[i] >> shift) & 15) | (((high[i] >> group) & 1) << 4);
                out[i] = dl * (float)value - ml;
            }
        }
    }
}

CK_TARGET static void CK_NAME(q6_k)(const uint8_t *restrict src, int64_t n, float *restrict dst) {
    for (int64_t b = 0; b < n / 256; b++, src += 210, dst += 256) {
        const uint8_t *low = src, *high = src + 128;
        const int8_t *scales = (const int8_t *)(src + 192);
        const float d = half_at(src + 208);
        // Eight runs of 32: run r takes nibble r/2%2 of 32 low bytes and bit pair r%4 of 32 high bytes.
        for (int run = 0; run < 8; run++) {
            const uint8_t *l = low + 64 * (run / 4) + 32 * (run % 2), *h = high + 32 * (run / 4);
            const int lowShift = 4 * ((run / 2) % 2), highShift = 2 * (run % 4);
            float *out = dst + 32 * run;
            for (int half = 0; half < 2; half++) {
                const float dl = d * (float)scales[2 * run + half];
                for (int i = 16 * half; i < 16 * half + 16; i++) {
                    const int value = ((l[i] >> lowShift) & 15) | (((h[i] >> highShift) & 3) << 4);
                    out[i] = dl * (float)(value - 32);
                }
            }
        }
    }
}

CK_TARGET static int CK_NAME(row)(int32_t type, const void *src, int64_t n, float *dst) {
    switch (type) {
        case CK_F32: CK_NAME(f32)(src, n, dst); return 0;
        case CK_F16: CK_NAME(f16)(src, n, dst); return 0;
        case CK_BF16: CK_NAME(bf16)(src, n, dst); return 0;
        case CK_Q4_0: CK_NAME(q4_0)(src, n, dst); return 0;
        case CK_Q4_1: CK_NAME(q4_1)(src, n, dst); return 0;
        case CK_Q5_0: CK_NAME(q5_0)(src, n, dst); return 0;
        case CK_Q5_1: CK_NAME(q5_1)(src, n, dst); return 0;
        case CK_Q8_0: CK_NAME(q8_0)(src, n, dst); return 0;
        case CK_Q2_K: CK_NAME(q2_k)(src, n, dst); return 0;
        case CK_Q3_K: CK_NAME(q3_k)(src, n, dst); return 0;
        case CK_Q4_K: CK_NAME(q4_k)(src, n, dst); return 0;
        case CK_Q5_K: CK_NAME(q5_k)(src, n, dst); return 0;
        case CK_Q6_K: CK_NAME(q6_k)(src, n, dst); return 0;
        default: return -1;
    }
}
