#pragma once
#include <stdint.h>

// The random numbers of training: each is a function of (key, place) alone, so that what is drawn depends on the seed, the
// step, the row and the position, never on the order of the work or on how rows were packed.

/// 64 random bits for `index` under `key`: splitmix64 (Steele et al. 2014).
uint64_t ck_mix(uint64_t key, uint64_t index);

/// Inverted dropout in place (Srivastava et al. 2014): element j of row i is zeroed with probability `rate`, else divided by
/// 1 - rate, as (keys[i], stream, first + j) decide. It is linear, so a gradient goes back through the same call.
void ck_dropout(
    int64_t rows, int64_t n, float *x, int64_t ldx, const uint64_t *keys, uint64_t stream, int64_t first, float rate);

/// Adds uniform noise in ±magnitudes[i] to row i (NEFTune, Jain et al. 2023).
void ck_uniform_noise(
    int64_t rows, int64_t n, float *x, int64_t ldx, const uint64_t *keys, uint64_t stream, const float *magnitudes);
