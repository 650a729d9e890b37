/* SPDX-License-Identifier: 0BSD */
/* Weighted sums of neighbouring rows and columns, float. */
#ifndef MOTE_INTERPOLATE_F32_H
#define MOTE_INTERPOLATE_F32_H

#include "interpolate.h"

typedef struct {
    mote_interpolate_shape image;
    float extrapolation; /* what stands outside */
} mote_interpolate_f32_shape;

/** Rows a, columns b: weights of one output's taps; the first of them is at row i, column j of x. */
MOTE_INLINE float mote_interpolate_f32_sum(const float *x, mote_rows rows, int32_t i, int32_t j,
                                           const float *a, const float *b, mote_interpolate_shape s)
{
    float acc = 0.0f;
    for (int32_t t = 0; t < s.taps_h; t++) {
        const float *from = x + mote_interpolate_at(rows, i + t, j, s);
        float sum = 0.0f;
        for (int32_t u = 0; u < s.taps_w; u++) {
            sum += b[u] * from[u * s.inner];
        }
        acc += a[t] * sum;
    }
    return acc;
}

/** Rows of one image. begin_h: [out_h]; a: [out_h][taps_h]; begin_w: [out_w]; b: [out_w][taps_w]. */
MOTE_INLINE void mote_interpolate_f32_rows(const float *x, float *y, const int16_t *begin_h,
                                           const float *a, const int16_t *begin_w, const float *b,
                                           mote_rows rows, mote_interpolate_f32_shape s)
{
    const mote_interpolate_shape g = s.image;
    for (int32_t i = rows.out_begin; i < rows.out_end; i++) {
        for (int32_t j = 0; j < g.out_w; j++, y += g.inner) {
            const int32_t is_outside = g.extrapolates != 0 && (begin_h[i] < 0 || begin_w[j] < 0);
            for (int32_t c = 0; c < g.inner; c++) {
                y[c] = is_outside != 0 ? s.extrapolation
                                       : mote_interpolate_f32_sum(x + c, rows, begin_h[i], begin_w[j],
                                                                  a + i * g.taps_h, b + j * g.taps_w, g);
            }
        }
    }
}

/** All images. */
MOTE_INLINE void mote_interpolate_f32(const float *x, float *y, const int16_t *begin_h, const float *a,
                                      const int16_t *begin_w, const float *b, mote_interpolate_f32_shape s)
{
    const mote_interpolate_shape g = s.image;
    const mote_rows all = {0, g.out_h, 0, NULL, 0};
    for (int32_t o = 0; o < g.outer; o++) {
        mote_interpolate_f32_rows(x + o * g.in_h * g.in_w * g.inner, y + o * g.out_h * g.out_w * g.inner,
                                  begin_h, a, begin_w, b, all, s);
    }
}

#endif
