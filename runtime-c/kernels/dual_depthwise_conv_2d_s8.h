/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise convolution, int8, multiplier 1, channels innermost: pointers to the taps of two output
 * pixels (padding is a row of zero points), then a core makes all channels, four at once.
 */
#ifndef MOTE_DUAL_DEPTHWISE_CONV_2D_S8_H
#define MOTE_DUAL_DEPTHWISE_CONV_2D_S8_H

#include "dual_core_s8.h"
#include "window.h"

#include <string.h>

#define MOTE_DUAL_TAPS_MAX 25

typedef struct {
    mote_window window;
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators, a group of four channels a call */
    mote_requantization requantization;
} mote_dual_depthwise_conv_2d_s8_shape;

typedef void mote_dual_channels(const int8_t *const *from, const int32_t *stream, void *y0, void *y1,
                                  int32_t groups, int32_t zero_point);

/** Pointers to a pixel's taps, every other one. */
MOTE_INLINE void mote_dual_pointers(const int8_t *x, const int8_t *padding, const int8_t **from,
                                      int32_t iy, int32_t ix, mote_rows rows, mote_window g)
{
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        for (int32_t kx = 0; kx < g.kernel_w; kx++) {
            const int32_t row = iy + ky * g.dilation_h;
            const int32_t column = ix + kx * g.dilation_w;
            const int32_t inside = row >= 0 && row < g.in_h && column >= 0 && column < g.in_w;
            from[2 * (ky * g.kernel_w + kx)] =
                inside ? x + (row - rows.in_begin) * g.x_row + column * g.x_column : padding;
        }
    }
}

/** Groups from `first`, one a call: other rescales, and the last channels. */
MOTE_INLINE void mote_dual_channels_rest(mote_dual_channels core, const int8_t **from,
                                           const int32_t *stream, const int8_t *exponents, int32_t *made,
                                           int8_t *y0, int8_t *y1, int32_t first,
                                           mote_dual_depthwise_conv_2d_s8_shape s)
{
    const int32_t taps = s.window.kernel_h * s.window.kernel_w;
    const int32_t words = 8 + 2 * taps;
    for (int32_t t = 0; t < 2 * taps; t++) {
        from[t] += first;
    }
    for (int32_t c = first; c < s.window.out_c; c += 4) {
        const int32_t *group = stream + c / 4 * words;
        const int8_t *e = exponents == NULL ? NULL : exponents + c;
        core(from, group, made, made + 4, 1, 0);
        for (int32_t i = 0; i < 4; i++) {
            y0[c + i] = (int8_t)mote_requantize(made[i], i, group + words - 4, e, s.requantization);
            y1[c + i] = (int8_t)mote_requantize(made[4 + i], i, group + words - 4, e, s.requantization);
        }
        for (int32_t t = 0; t < 2 * taps; t++) {
            from[t] += 4;
        }
    }
}

/** stream: as dual_core_s8.h says; exponents: [out_c], or NULL in profile fast. */
MOTE_INLINE void mote_dual_depthwise_conv_2d_s8(mote_dual_channels core, const int8_t *x, int8_t *y,
                                                  void *scratch, const int32_t *stream,
                                                  const int8_t *exponents, mote_rows rows,
                                                  mote_dual_depthwise_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t count = (rows.out_end - rows.out_begin) * g.out_w;
    const int32_t groups = g.out_c / 4;
    const int8_t *from[2 * MOTE_DUAL_TAPS_MAX];
    int32_t *made = (int32_t *)scratch;
    int8_t *padding = (int8_t *)(made + 8);
    memset(padding, s.x_zero_point, (size_t)g.in_c);
    for (int32_t n = 0; n < g.batch; n++) {
        int32_t oy = rows.out_begin;
        int32_t ox = 0;
        for (int32_t i = 0; i < count; i += 2) {
            int8_t *to[2];
            for (int32_t p = 0; p < 2; p++) {
                to[p] = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                mote_dual_pointers(x + n * g.x_batch, padding, from + p, oy * g.stride_h - g.pad_h,
                                     ox * g.stride_w - g.pad_w, rows, g);
                if (i + 1 < count && ++ox == g.out_w) {
                    ox = 0;
                    oy++;
                }
            }
            if (s.raw == 0) {
                core(from, stream, to[0], to[1], groups, s.requantization.zero_point);
            } else {
                mote_dual_channels_rest(core, from, stream, exponents, made, to[0], to[1], 0, s);
            }
        }
    }
}

#endif
