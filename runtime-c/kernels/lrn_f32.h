/* SPDX-License-Identifier: 0BSD */
/* Local response normalisation over neighbouring channels, float. */
#ifndef MOTE_LRN_F32_H
#define MOTE_LRN_F32_H

#include <math.h>

#include "mote_math.h"

/** x: [batch][channels][inner]; squares of channels [c - before, c + after] count for channel c. */
typedef struct {
    int32_t batch, channels, inner;
    int32_t before, after;
    float alpha, beta, bias; /* alpha over the number of channels */
} mote_lrn_f32_shape;

MOTE_INLINE void mote_lrn_f32(const float *x, float *y, mote_lrn_f32_shape s)
{
    for (int32_t n = 0; n < s.batch; n++, x += s.channels * s.inner, y += s.channels * s.inner) {
        for (int32_t c = 0; c < s.channels; c++) {
            const int32_t first = c > s.before ? c - s.before : 0;
            const int32_t last = c + s.after < s.channels ? c + s.after : s.channels - 1;
            for (int32_t i = 0; i < s.inner; i++) {
                float squares = 0.0f;
                for (int32_t k = first; k <= last; k++) {
                    squares += x[k * s.inner + i] * x[k * s.inner + i];
                }
                y[c * s.inner + i] = x[c * s.inner + i] / powf(s.bias + s.alpha * squares, s.beta);
            }
        }
    }
}

#endif
