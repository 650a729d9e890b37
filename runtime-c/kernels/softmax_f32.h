/* SPDX-License-Identifier: 0BSD */
/* Softmax and its logarithm, float. y may be x. */
#ifndef MOTE_SOFTMAX_F32_H
#define MOTE_SOFTMAX_F32_H

#include <math.h>

#include "exp_f32.h"
#include "mote_math.h"

typedef struct {
    int32_t outer, size, inner; /* rows run along an axis of `size` elements, `inner` apart */
} mote_softmax_f32_shape;

MOTE_INLINE float mote_row_max_f32(const float *x, mote_softmax_f32_shape s)
{
    float largest = -INFINITY;
    for (int32_t i = 0; i < s.size; i++) {
        largest = x[i * s.inner] > largest ? x[i * s.inner] : largest;
    }
    return largest;
}

MOTE_INLINE void mote_softmax_f32_row(const float *x, float *y, mote_softmax_f32_shape s)
{
    const float largest = mote_row_max_f32(x, s);
    float sum = 0.0f;
    float scale;
    for (int32_t i = 0; i < s.size; i++) {
        const float e = mote_exp_any(x[i * s.inner] - largest);
        y[i * s.inner] = e;
        sum += e;
    }
    scale = 1.0f / sum;
    for (int32_t i = 0; i < s.size; i++) {
        y[i * s.inner] *= scale;
    }
}

MOTE_INLINE void mote_log_softmax_f32_row(const float *x, float *y, mote_softmax_f32_shape s)
{
    const float largest = mote_row_max_f32(x, s);
    float sum = 0.0f;
    float log_sum;
    for (int32_t i = 0; i < s.size; i++) {
        sum += mote_exp_any(x[i * s.inner] - largest);
    }
    log_sum = logf(sum);
    for (int32_t i = 0; i < s.size; i++) {
        y[i * s.inner] = x[i * s.inner] - largest - log_sum;
    }
}

MOTE_INLINE void mote_softmax_f32(const float *x, float *y, mote_softmax_f32_shape s)
{
    for (int32_t o = 0; o < s.outer; o++) {
        for (int32_t i = 0; i < s.inner; i++) {
            const int32_t at = o * s.size * s.inner + i;
            mote_softmax_f32_row(x + at, y + at, s);
        }
    }
}

MOTE_INLINE void mote_log_softmax_f32(const float *x, float *y, mote_softmax_f32_shape s)
{
    for (int32_t o = 0; o < s.outer; o++) {
        for (int32_t i = 0; i < s.inner; i++) {
            const int32_t at = o * s.size * s.inner + i;
            mote_log_softmax_f32_row(x + at, y + at, s);
        }
    }
}

#endif
