/* SPDX-License-Identifier: 0BSD */
/* Windows that are sums of cosines, of a size that is known at run time. */
#ifndef MOTE_COSINE_WINDOW_F32_H
#define MOTE_COSINE_WINDOW_F32_H

#include <math.h>

#include "mote_math.h"

/** y: [count], first - second * cos(t) + third * cos(2 t); zeros behind the window's end. */
typedef struct {
    int32_t count, periodic;
    float first, second, third;
} mote_cosine_window_f32_shape;

MOTE_INLINE void mote_cosine_window_of(int64_t size, float *y, mote_cosine_window_f32_shape s)
{
    const int64_t period = s.periodic != 0 || size < 2 ? size : size - 1;
    for (int32_t n = 0; n < s.count; n++) {
        const float angle = 6.28318531f * (float)n / (float)period;
        y[n] = n < size ? s.first - s.second * cosf(angle) + s.third * cosf(2.0f * angle) : 0.0f;
    }
}

MOTE_INLINE void mote_cosine_window_s32(const int32_t *size, float *y, mote_cosine_window_f32_shape s)
{
    mote_cosine_window_of(size[0], y, s);
}

MOTE_INLINE void mote_cosine_window_s64(const int64_t *size, float *y, mote_cosine_window_f32_shape s)
{
    mote_cosine_window_of(size[0], y, s);
}

#endif
