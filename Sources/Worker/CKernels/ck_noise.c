#include "ck_noise.h"

uint64_t ck_mix(uint64_t key, uint64_t index) {
    uint64_t z = key + (index + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// In [0, 1), with 24 random bits.
static float uniform(uint64_t key, uint64_t index) { return (float)(ck_mix(key, index) >> 40) * (1.0f / 16777216.0f); }

void ck_dropout(
    int64_t rows, int64_t n, float *x, int64_t ldx, const uint64_t *keys, uint64_t stream, int64_t first, float rate) {
    float keep = 1.0f / (1.0f - rate);
    for (int64_t t = 0; t < rows; t++, x += ldx) {
        uint64_t key = ck_mix(keys[t], stream);
        for (int64_t i = 0; i < n; i++) x[i] = uniform(key, (uint64_t)(first + i)) < rate ? 0.0f : x[i] * keep;
    }
}

void ck_uniform_noise(
    int64_t rows, int64_t n, float *x, int64_t ldx, const uint64_t *keys, uint64_t stream, const float *magnitudes) {
    for (int64_t t = 0; t < rows; t++, x += ldx) {
        uint64_t key = ck_mix(keys[t], stream);
        for (int64_t i = 0; i < n; i++) x[i] += (2.0f * uniform(key, (uint64_t)i) - 1.0f) * magnitudes[t];
    }
}
