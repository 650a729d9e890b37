/* SPDX-License-Identifier: 0BSD */
/* Weighted sums of neighbouring rows and columns, int8 with weights of 10 fractional bits. */
#ifndef MOTE_INTERPOLATE_S8_H
#define MOTE_INTERPOLATE_S8_H

#include "interpolate.h"

typedef struct {
    mote_interpolate_shape image;
    int32_t rescaled;     /* 0: parameters are equal, the sum is rounded; 1: it is rescaled */
    int32_t x_zero_point;
    int32_t extrapolation; /* what stands outside */
    int32_t multiplier, exponent;
    mote_requantization requantization;
} mote_interpolate_s8_shape;

#define MOTE_INTERPOLATE_BITS 20

/** The stored integer of a sum whose weights add to 2^20. */
MOTE_INLINE int32_t mote_interpolated_s8(int32_t acc, mote_interpolate_s8_shape s)
{
    const int32_t one = (int32_t)1 << MOTE_INTERPOLATE_BITS;
    const int8_t exponent = (int8_t)s.exponent;
    if (s.rescaled != 0) {
        return mote_requantize(acc - one * s.x_zero_point, 0, &s.multiplier, &exponent, s.requantization);
    }
    if (s.requantization.tflite != 0) {
        return mote_clamp((acc > 0 ? acc + one / 2 : acc - one / 2) / one, -128, 127);
    }
    return mote_clamp((acc + one / 2) >> MOTE_INTERPOLATE_BITS, -128, 127);
}

/** Rows a, columns b: weights of one output's taps; the first of them is at row i, column j of x. */
MOTE_INLINE int32_t mote_interpolate_s8_sum(const int8_t *x, mote_rows rows, int32_t i, int32_t j,
                                            const int16_t *a, const int16_t *b, mote_interpolate_shape s)
{
    int32_t acc = 0;
    for (int32_t t = 0; t < s.taps_h; t++) {
        const int8_t *from = x + mote_interpolate_at(rows, i + t, j, s);
        int32_t sum = 0;
        for (int32_t u = 0; u < s.taps_w; u++) {
            sum += b[u] * from[u * s.inner];
        }
        acc += a[t] * sum;
    }
    return acc;
}

/** One pixel of two taps each way: those of two rows. */
MOTE_INLINE void mote_interpolate_s8_square(const int8_t *above, const int8_t *below, int8_t *y,
                                            const int16_t *a, const int16_t *b, mote_interpolate_s8_shape s)
{
    const int32_t w00 = a[0] * b[0];
    const int32_t w01 = a[0] * b[1];
    const int32_t w10 = a[1] * b[0];
    const int32_t w11 = a[1] * b[1];
    for (int32_t c = 0; c < s.image.inner; c++) {
        const int32_t acc = w00 * above[c] + w01 * above[c + s.image.inner] + w10 * below[c] +
                            w11 * below[c + s.image.inner];
        y[c] = (int8_t)mote_interpolated_s8(acc, s);
    }
}

/** One pixel; its first tap is at row i, column j of x. */
MOTE_INLINE void mote_interpolate_s8_pixel(const int8_t *x, mote_rows rows, int32_t i, int32_t j, int8_t *y,
                                           const int16_t *a, const int16_t *b, mote_interpolate_s8_shape s)
{
    const mote_interpolate_shape g = s.image;
    if (g.taps_h == 2 && g.taps_w == 2) {
        mote_interpolate_s8_square(x + mote_interpolate_at(rows, i, j, g),
                                   x + mote_interpolate_at(rows, i + 1, j, g), y, a, b, s);
        return;
    }
    for (int32_t c = 0; c < g.inner; c++) {
        y[c] = (int8_t)mote_interpolated_s8(mote_interpolate_s8_sum(x + c, rows, i, j, a, b, g), s);
    }
}

/** Rows of one image. begin_h: [out_h]; a: [out_h][taps_h]; begin_w: [out_w]; b: [out_w][taps_w]. */
MOTE_INLINE void mote_interpolate_s8_rows(const int8_t *x, int8_t *y, const int16_t *begin_h,
                                          const int16_t *a, const int16_t *begin_w, const int16_t *b,
                                          mote_rows rows, mote_interpolate_s8_shape s)
{
    const mote_interpolate_shape g = s.image;
    for (int32_t i = rows.out_begin; i < rows.out_end; i++) {
        for (int32_t j = 0; j < g.out_w; j++, y += g.inner) {
            if (g.extrapolates != 0 && (begin_h[i] < 0 || begin_w[j] < 0)) {
                for (int32_t c = 0; c < g.inner; c++) {
                    y[c] = (int8_t)s.extrapolation;
                }
            } else {
                mote_interpolate_s8_pixel(x, rows, begin_h[i], begin_w[j], y, a + i * g.taps_h,
                                          b + j * g.taps_w, s);
            }
        }
    }
}

/** All images. */
MOTE_INLINE void mote_interpolate_s8(const int8_t *x, int8_t *y, const int16_t *begin_h, const int16_t *a,
                                     const int16_t *begin_w, const int16_t *b, mote_interpolate_s8_shape s)
{
    const mote_interpolate_shape g = s.image;
    const mote_rows all = {0, g.out_h, 0, NULL, 0};
    for (int32_t o = 0; o < g.outer; o++) {
        mote_interpolate_s8_rows(x + o * g.in_h * g.in_w * g.inner, y + o * g.out_h * g.out_w * g.inner,
                                 begin_h, a, begin_w, b, all, s);
    }
}

#endif
