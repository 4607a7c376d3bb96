#pragma once
#include <stdint.h>

/// Writes the `count` numbers of one row, stored as ggml type `type` (see StorageType), to `destination` as float.
/// `count` is a whole number of blocks. Bit-equal to the `gguf` package. Returns 0, or -1 for a type that is unknown.
int ck_dequantize_row(int32_t type, const void *source, int64_t count, float *destination);
