/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer, int8 with int32 accumulators. */
#ifndef MOTE_FULLY_CONNECTED_S8_H
#define MOTE_FULLY_CONNECTED_S8_H

#include "mote_math.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t x_zero_point;
    mote_requantization requantization;
} mote_fully_connected_s8_shape;

MOTE_INLINE int32_t mote_fully_connected_s8_dot(const int8_t *x, const int8_t *weights,
                                                mote_fully_connected_s8_shape s)
{
    int32_t acc = 0;
    for (int32_t i = 0; i < s.in_features; i++) {
        acc += (x[i] - s.x_zero_point) * weights[i];
    }
    return acc;
}

/** x: [rows][in]; weights: [out][in]; bias: [out]; y: [rows][out]. */
MOTE_INLINE void mote_fully_connected_s8(const int8_t *x, int8_t *y, const int8_t *weights,
                                         const int32_t *bias, const int32_t *multipliers,
                                         const int8_t *exponents, mote_fully_connected_s8_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        for (int32_t o = 0; o < s.out_features; o++) {
            const int32_t acc = bias[o] + mote_fully_connected_s8_dot(x + r * s.in_features,
                                                                      weights + o * s.in_features, s);
            y[r * s.out_features + o] =
                (int8_t)mote_requantize(acc, o, multipliers, exponents, s.requantization);
        }
    }
}

/** The accumulators as they are, for ONNX's MatMulInteger. */
MOTE_INLINE void mote_fully_connected_s8_s32(const int8_t *x, int32_t *y, const int8_t *weights,
                                             const int32_t *bias, mote_fully_connected_s8_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        for (int32_t o = 0; o < s.out_features; o++) {
            y[r * s.out_features + o] = bias[o] + mote_fully_connected_s8_dot(x + r * s.in_features,
                                                                              weights + o * s.in_features, s);
        }
    }
}

#endif
