/* SPDX-License-Identifier: 0BSD */
/* Changes between floats and stored integers by scales and zero points in memory. */
#ifndef MOTE_QUANTIZE_LINEAR_H
#define MOTE_QUANTIZE_LINEAR_H

#include "mote_math.h"

/** x, y: [outer][size][inner]; steps of the scales, of which `block` elements along the axis share one. */
typedef struct {
    int32_t outer, size, inner, block;
    int32_t scale_outer, scale_axis, scale_inner;
} mote_scaled_shape;

/** Runs STATEMENT for every element `i` and its scale `at`. */
#define MOTE_SCALED(s, STATEMENT)                                                                      \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t o = 0; o < (s).outer; o++) {                                                      \
            for (int32_t a = 0; a < (s).size; a++) {                                                   \
                const int32_t first = o * (s).scale_outer + a / (s).block * (s).scale_axis;            \
                for (int32_t n = 0; n < (s).inner; n++, i++) {                                         \
                    const int32_t at = first + n * (s).scale_inner;                                    \
                    STATEMENT;                                                                         \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

#define MOTE_QUANTIZE_LINEAR(SUFFIX, TYPE, LOW, HIGH)                                                  \
    MOTE_INLINE void mote_quantize_linear_##SUFFIX(const float *x, const float *scale,                 \
                                                   const TYPE *zero, TYPE *y, mote_scaled_shape s)     \
    {                                                                                                  \
        MOTE_SCALED(s, y[i] = (TYPE)mote_quantize(x[i], scale[at], zero[at], LOW, HIGH));              \
    }

/** Differences wrap. */
#define MOTE_DEQUANTIZE_LINEAR(SUFFIX, TYPE)                                                           \
    MOTE_INLINE void mote_dequantize_linear_##SUFFIX(const TYPE *x, const float *scale,                \
                                                     const TYPE *zero, float *y, mote_scaled_shape s)  \
    {                                                                                                  \
        MOTE_SCALED(s, y[i] = (float)(int32_t)((uint32_t)x[i] - (uint32_t)zero[at]) * scale[at]);      \
    }

MOTE_QUANTIZE_LINEAR(s8, int8_t, INT8_MIN, INT8_MAX)
MOTE_QUANTIZE_LINEAR(u8, uint8_t, 0, UINT8_MAX)
MOTE_QUANTIZE_LINEAR(s16, int16_t, INT16_MIN, INT16_MAX)
MOTE_QUANTIZE_LINEAR(u16, uint16_t, 0, UINT16_MAX)
MOTE_QUANTIZE_LINEAR(s4, int8_t, -8, 7)
MOTE_QUANTIZE_LINEAR(u4, uint8_t, 0, 15)
MOTE_QUANTIZE_LINEAR(s2, int8_t, -2, 1)
MOTE_QUANTIZE_LINEAR(u2, uint8_t, 0, 3)
MOTE_DEQUANTIZE_LINEAR(s8, int8_t)
MOTE_DEQUANTIZE_LINEAR(u8, uint8_t)
MOTE_DEQUANTIZE_LINEAR(s16, int16_t)
MOTE_DEQUANTIZE_LINEAR(u16, uint16_t)
MOTE_DEQUANTIZE_LINEAR(s32, int32_t)

#endif
