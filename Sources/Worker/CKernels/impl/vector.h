#pragma once
// Eight floats at a time, in the compiler's own vectors: one source gives the AVX2 and the portable variant.
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float v8f __attribute__((vector_size(32)));
typedef float v8f_unaligned __attribute__((vector_size(32), aligned(4)));
// Sixteen, where the processor has them.
typedef float v16f __attribute__((vector_size(64)));
typedef float v16f_unaligned __attribute__((vector_size(64), aligned(4)));
typedef int32_t v8i __attribute__((vector_size(32)));

// Every function that passes vectors is inlined, so that the calling convention of wide vectors never matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define CK_INLINE static inline __attribute__((always_inline, unused))
#define CK_SPLAT(x) ((v8f){(x), (x), (x), (x), (x), (x), (x), (x)})
#define CK_LOAD(p) (*(const v8f_unaligned *)(p))
#define CK_STORE(p, v) (*(v8f_unaligned *)(p) = (v))
#define CK_SPLAT16(x) ((v16f){(x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x)})
#define CK_LOAD16(p) (*(const v16f_unaligned *)(p))
#define CK_STORE16(p, v) (*(v16f_unaligned *)(p) = (v))
