/* SPDX-License-Identifier: 0BSD */
/* Fully connected layer, float32: eight filters at a time. */
#ifndef MOTE_FULLY_CONNECTED_F32_X8_H
#define MOTE_FULLY_CONNECTED_F32_X8_H

#include "core_f32.h"

typedef struct {
    int32_t rows, in_features, out_features; /* in_features a multiple of 4 */
    int32_t clamp;
    float max;
} mote_fully_connected_f32_x8_shape;

/**
 * weights: for each eight filters the core's; then for the filters that are left over a bias and
 * [in_features] each.
 */
MOTE_INLINE void mote_fully_connected_f32_x8(mote_core_f32_vector_function core, const float *x, float *y,
                                             const float *weights, mote_fully_connected_f32_x8_shape s)
{
    const int32_t whole = s.out_features / 8 * 8;
    mote_core_f32_vector c;
    c.fours = (uint32_t)s.in_features / 4u;
    c.groups = (uint32_t)whole / 8u;
    c.max = s.max;
    for (int32_t r = 0; r < s.rows; r++, x += s.in_features, y += s.out_features) {
        const float *w = weights + whole * (s.in_features + 1);
        if (whole > 0) {
            core(x, weights, y, &c);
        }
        for (int32_t o = whole; o < s.out_features; o++, w += s.in_features) {
            float acc = *w++;
            for (int32_t k = 0; k < s.in_features; k++) {
                acc += x[k] * w[k];
            }
            y[o] = mote_core_f32_finish(acc, s.max, s.clamp);
        }
    }
}

#endif
