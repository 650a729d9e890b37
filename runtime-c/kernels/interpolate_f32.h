/* SPDX-License-Identifier: 0BSD */
/* Weighted sums of neighbouring rows and columns, float. */
#ifndef MOTE_INTERPOLATE_F32_H
#define MOTE_INTERPOLATE_F32_H

#include "interpolate.h"

typedef struct {
    mote_interpolate_shape image;
    float extrapolation; /* what stands outside */
} mote_interpolate_f32_shape;

/** Rows a, columns b: weights of one output's taps; x is at the first of them. */
MOTE_INLINE float mote_interpolate_f32_sum(const float *x, const float *a, const float *b,
                                           mote_interpolate_shape s)
{
    float acc = 0.0f;
    for (int32_t t = 0; t < s.taps_h; t++) {
        float sum = 0.0f;
        for (int32_t u = 0; u < s.taps_w; u++) {
            sum += b[u] * x[(t * s.in_w + u) * s.inner];
        }
        acc += a[t] * sum;
    }
    return acc;
}

/** begin_h: [out_h]; a: [out_h][taps_h]; begin_w: [out_w]; b: [out_w][taps_w]. */
MOTE_INLINE void mote_interpolate_f32(const float *x, float *y, const int16_t *begin_h, const float *a,
                                      const int16_t *begin_w, const float *b, mote_interpolate_f32_shape s)
{
    const mote_interpolate_shape g = s.image;
    for (int32_t o = 0; o < g.outer; o++) {
        for (int32_t i = 0; i < g.out_h; i++) {
            for (int32_t j = 0; j < g.out_w; j++, y += g.inner) {
                const int32_t is_outside = g.extrapolates != 0 && (begin_h[i] < 0 || begin_w[j] < 0);
                const float *from = x + (is_outside != 0 ? 0 : begin_h[i] * g.in_w + begin_w[j]) * g.inner;
                for (int32_t c = 0; c < g.inner; c++) {
                    y[c] = is_outside != 0 ? s.extrapolation
                                           : mote_interpolate_f32_sum(from + c, a + i * g.taps_h,
                                                                      b + j * g.taps_w, g);
                }
            }
        }
        x += g.in_h * g.in_w * g.inner;
    }
}

#endif
