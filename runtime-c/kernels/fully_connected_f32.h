/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer, float. */
#ifndef MOTE_FULLY_CONNECTED_F32_H
#define MOTE_FULLY_CONNECTED_F32_H

#include "mote_math.h"

typedef struct {
    int32_t rows, in_features, out_features;
    float min, max;
} mote_fully_connected_f32_shape;

/** x: [rows][in]; weights: [out][in]; bias: [out]; y: [rows][out]. */
MOTE_INLINE void mote_fully_connected_f32(const float *x, float *y, const float *weights,
                                          const float *bias, mote_fully_connected_f32_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        for (int32_t o = 0; o < s.out_features; o++) {
            float acc = bias[o];
            for (int32_t i = 0; i < s.in_features; i++) {
                acc += x[r * s.in_features + i] * weights[o * s.in_features + i];
            }
            y[r * s.out_features + o] = mote_clamp_f32(acc, s.min, s.max);
        }
    }
}

#endif
