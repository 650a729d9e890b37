/* SPDX-License-Identifier: 0BSD */
/*
 * 2-D convolution of one group, int8: what two output pixels see is laid out as 16-bit numbers, then
 * a core makes all their filters. Padding is the zero point, whose share the starts take away.
 */
#ifndef MOTE_DUAL_CONV_2D_S8_H
#define MOTE_DUAL_CONV_2D_S8_H

#include "dual_core_s8.h"
#include "window.h"

typedef struct {
    mote_window window;
    int32_t pairs; /* words of one pixel's inputs */
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators, a group of four filters a call */
    mote_requantization requantization;
} mote_dual_conv_2d_s8_shape;

typedef void mote_dual_pair(const int16_t *x, const int32_t *stream, void *y0, void *y1, int32_t pairs,
                              int32_t groups, int32_t zero_point);

/** Where a pixel's kernel starts in the input. */
typedef struct {
    int32_t y, x;
} mote_dual_start;

MOTE_INLINE int32_t mote_dual_is_inside(mote_dual_start at, mote_window g)
{
    return at.y >= 0 && at.x >= 0 && at.y + (g.kernel_h - 1) * g.dilation_h < g.in_h &&
           at.x + (g.kernel_w - 1) * g.dilation_w < g.in_w;
}

/** Input number k of a pixel, in halfwords from the first. */
MOTE_INLINE int32_t mote_dual_place(int32_t k)
{
    return (k >> 2) * 8 + (k & 1) * 4 + (k >> 1 & 1);
}

/** The channels that one tap sees, or several taps that lie side by side. */
MOTE_INLINE void mote_dual_tap(const int8_t *x, int16_t *to, int32_t k, int32_t channels, mote_window g)
{
    if (g.in_c % 4 == 0 && g.x_channel == 1) {
        for (int32_t c = 0; c < channels; c += 4) {
            mote_dual_expand(x + c, to + 2 * (k + c), 4);
        }
        return;
    }
    for (int32_t c = 0; c < channels; c++) {
        to[mote_dual_place(k + c)] = x[c * g.x_channel];
    }
}

/** A pixel whose kernel meets the padding; the padding is in place. */
MOTE_INLINE void mote_dual_border(const int8_t *x, int16_t *to, mote_dual_start at, mote_rows rows,
                                    mote_window g)
{
    const mote_range ry = mote_kernel_range(at.y, g.kernel_h, g.dilation_h, g.in_h);
    const mote_range rx = mote_kernel_range(at.x, g.kernel_w, g.dilation_w, g.in_w);
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
            const int32_t row = at.y - rows.in_begin + ky * g.dilation_h;
            const int32_t column = at.x + kx * g.dilation_w;
            mote_dual_tap(x + row * g.x_row + column * g.x_column, to, (ky * g.kernel_w + kx) * g.in_c,
                            g.in_c, g);
        }
    }
}

/** A pixel whose kernel lies in the input, number by number. */
MOTE_INLINE void mote_dual_gather(const int8_t *x, int16_t *to, mote_window g)
{
    MOTE_DUAL_UNROLL
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        MOTE_DUAL_UNROLL
        for (int32_t kx = 0; kx < g.kernel_w; kx++) {
            MOTE_DUAL_UNROLL
            for (int32_t c = 0; c < g.in_c; c++) {
                const int32_t k = (ky * g.kernel_w + kx) * g.in_c + c;
                const int32_t from = ky * g.dilation_h * g.x_row + kx * g.dilation_w * g.x_column;
                to[mote_dual_place(k)] = x[from + c * g.x_channel];
            }
        }
    }
}

/** Two pixels whose kernels lie in the input. */
MOTE_INLINE void mote_dual_interior(const int8_t *x0, const int8_t *x1, int16_t *to, mote_window g)
{
    const int32_t merged = g.x_column == g.in_c && g.dilation_w == 1;
    const int32_t across = merged ? 1 : g.kernel_w;
    const int32_t channels = merged ? g.kernel_w * g.in_c : g.in_c;
    if (g.in_c % 4 != 0 || g.x_channel != 1) {
        mote_dual_gather(x0, to, g);
        mote_dual_gather(x1, to + 2, g);
        return;
    }
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        for (int32_t kx = 0; kx < across; kx++) {
            const int32_t from = ky * g.dilation_h * g.x_row + kx * g.dilation_w * g.x_column;
            int16_t *at = to + 2 * (ky * g.kernel_w + kx) * g.in_c;
            for (int32_t c = 0; c < channels; c += 4) {
                mote_dual_expand(x0 + from + c, at + 2 * c, 4);
                mote_dual_expand(x1 + from + c, at + 2 * c + 2, 4);
            }
        }
    }
}

/** What two pixels see. */
MOTE_INLINE void mote_dual_patch(const int8_t *x, int16_t *to, mote_dual_start a, mote_dual_start b,
                                   mote_rows rows, mote_dual_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    if (mote_dual_is_inside(a, g) && mote_dual_is_inside(b, g)) {
        mote_dual_interior(x + (a.y - rows.in_begin) * g.x_row + a.x * g.x_column,
                             x + (b.y - rows.in_begin) * g.x_row + b.x * g.x_column, to, g);
        return;
    }
    for (int32_t i = 0; i < 4 * s.pairs; i++) {
        to[i] = (int16_t)s.x_zero_point;
    }
    mote_dual_border(x, to, a, rows, g);
    mote_dual_border(x, to + 2, b, rows, g);
}

/** Two pixels in profile tflite, or where a shifted accumulator needs 64 bits. */
MOTE_INLINE void mote_dual_rescaled(mote_dual_pair core, const int16_t *patch, const int32_t *stream,
                                      const int8_t *exponents, int32_t *acc, int8_t *y0, int8_t *y1,
                                      mote_dual_conv_2d_s8_shape s)
{
    for (int32_t f = 0; f < s.window.out_c; f += 4) {
        const int32_t *multipliers = stream + 4 + 2 * s.pairs;
        const int32_t count = s.window.out_c - f < 4 ? s.window.out_c - f : 4;
        core(patch, stream, acc, acc + 4, s.pairs, 1, 0);
        for (int32_t i = 0; i < count; i++) {
            const int8_t *e = exponents == NULL ? NULL : exponents + f;
            y0[f + i] = (int8_t)mote_requantize(acc[i], i, multipliers, e, s.requantization);
            y1[f + i] = (int8_t)mote_requantize(acc[4 + i], i, multipliers, e, s.requantization);
        }
        stream = multipliers + 4;
    }
}

/** Two pixels to y0 and y1; those of a number of filters not divisible by 4 go by way of `made`. */
MOTE_INLINE void mote_dual_pixels(mote_dual_pair core, const int16_t *patch, const int32_t *stream,
                                    const int8_t *exponents, int32_t *made, int8_t *y0, int8_t *y1,
                                    mote_dual_conv_2d_s8_shape s)
{
    const int32_t filters = s.window.out_c;
    const int32_t groups = (filters + 3) / 4;
    const int32_t direct = s.window.y_channel == 1 && (s.raw != 0 || filters % 4 == 0);
    int8_t *rows = (int8_t *)(made + (s.raw != 0 ? 8 : 0));
    int8_t *to0 = direct ? y0 : rows;
    int8_t *to1 = direct ? y1 : rows + 4 * groups;
    if (s.raw != 0) {
        mote_dual_rescaled(core, patch, stream, exponents, made, to0, to1, s);
    } else {
        core(patch, stream, to0, to1, s.pairs, groups, s.requantization.zero_point);
    }
    if (!direct) {
        for (int32_t f = 0; f < filters; f++) {
            y0[f * s.window.y_channel] = to0[f];
            y1[f * s.window.y_channel] = to1[f];
        }
    }
}

/** stream: as dual_core_s8.h says; exponents: [out_c], or NULL in profile fast. */
MOTE_INLINE void mote_dual_conv_2d_s8(mote_dual_pair core, const int8_t *x, int8_t *y, void *scratch,
                                        const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                        mote_dual_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t count = (rows.out_end - rows.out_begin) * g.out_w;
    int16_t *patch = (int16_t *)scratch;
    int32_t *made = (int32_t *)scratch + 2 * s.pairs;
    for (int32_t n = 0; n < g.batch; n++) {
        int32_t oy = rows.out_begin;
        int32_t ox = 0;
        for (int32_t i = 0; i < count; i += 2) {
            const mote_dual_start a = {oy * g.stride_h - g.pad_h, ox * g.stride_w - g.pad_w};
            int8_t *y0 = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
            mote_dual_start b = a;
            int8_t *y1 = y0;
            for (int32_t p = 0; p < 2 && i + p < count; p++) {
                b.y = oy * g.stride_h - g.pad_h;
                b.x = ox * g.stride_w - g.pad_w;
                y1 = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                if (++ox == g.out_w) {
                    ox = 0;
                    oy++;
                }
            }
            mote_dual_patch(x + n * g.x_batch, patch, a, b, rows, s);
            mote_dual_pixels(core, patch, stream, exponents, made, y0, y1, s);
        }
    }
}

#endif
