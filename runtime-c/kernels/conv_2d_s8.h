/* SPDX-License-Identifier: 0BSD */
/* 2-D convolution, int8 with int32 accumulators: any kernel, stride, dilation, group and layout. */
#ifndef MOTE_CONV_2D_S8_H
#define MOTE_CONV_2D_S8_H

#include "window.h"

typedef struct {
    mote_window window;
    int32_t groups;
    int32_t x_zero_point;
    mote_requantization requantization;
} mote_conv_2d_s8_shape;

/** One accumulator: the taps in ry x rx from row iy on, all channels of one group. */
MOTE_INLINE int32_t mote_conv_2d_s8_dot(const int8_t *x, const int8_t *weights, mote_rows rows, int32_t iy,
                                        mote_range ry, mote_range rx, int32_t channels,
                                        mote_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    int32_t acc = 0;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        const int8_t *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
            const int8_t *from = row + kx * g.dilation_w * g.x_column;
            const int8_t *w = weights + (ky * g.kernel_w + kx) * channels;
            for (int32_t c = 0; c < channels; c++) {
                acc += (from[c * g.x_channel] - s.x_zero_point) * w[c];
            }
        }
    }
    return acc;
}

/**
 * weights: [out_c][kernel_h][kernel_w][in_c / groups]; bias: [out_c]; multipliers, exponents: [out_c]
 * or one. Writes int8 to y, or where `is_raw` the int32 accumulators themselves to raw.
 */
MOTE_INLINE void mote_conv_2d_s8_any(const int8_t *x, int8_t *y, int32_t *raw, int32_t is_raw,
                                     const int8_t *weights, const int32_t *bias,
                                     const int32_t *multipliers, const int8_t *exponents, mote_rows rows,
                                     mote_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t channels = g.in_c / s.groups;
    const int32_t filters = g.out_c / s.groups;
    const int32_t taps = g.kernel_h * g.kernel_w * channels;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t o = 0; o < g.out_c; o++) {
                    const int32_t from =
                        n * g.x_batch + ix * g.x_column + o / filters * channels * g.x_channel;
                    const int32_t acc = bias[o] + mote_conv_2d_s8_dot(x + from, weights + o * taps, rows, iy,
                                                                      ry, rx, channels, s);
                    if (is_raw != 0) {
                        raw[to + o * g.y_channel] = acc;
                    } else {
                        y[to + o * g.y_channel] = (int8_t)mote_requantize(acc, o, multipliers, exponents,
                                                                          s.requantization);
                    }
                }
            }
        }
    }
}

MOTE_INLINE void mote_conv_2d_s8(const int8_t *x, int8_t *y, const int8_t *weights, const int32_t *bias,
                                 const int32_t *multipliers, const int8_t *exponents, mote_rows rows,
                                 mote_conv_2d_s8_shape s)
{
    mote_conv_2d_s8_any(x, y, NULL, 0, weights, bias, multipliers, exponents, rows, s);
}

/** The accumulators as they are, for ONNX's ConvInteger. */
MOTE_INLINE void mote_conv_2d_s8_s32(const int8_t *x, int32_t *y, const int8_t *weights,
                                     const int32_t *bias, mote_rows rows, mote_conv_2d_s8_shape s)
{
    mote_conv_2d_s8_any(x, NULL, y, 1, weights, bias, NULL, NULL, rows, s);
}

#endif
