/* SPDX-License-Identifier: 0BSD */
/* 2-D convolution, float: any kernel, stride, dilation, group and layout. */
#ifndef MOTE_CONV_2D_F32_H
#define MOTE_CONV_2D_F32_H

#include "window.h"

typedef struct {
    mote_window window;
    int32_t groups;
    float min, max;
} mote_conv_2d_f32_shape;

/** One sum: the taps in ry x rx from row iy on, all channels of one group, on top of `acc`. */
MOTE_INLINE float mote_conv_2d_f32_dot(const float *x, const float *weights, float acc, mote_rows rows,
                                       int32_t iy, mote_range ry, mote_range rx, int32_t channels,
                                       mote_conv_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        const float *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
            const float *from = row + kx * g.dilation_w * g.x_column;
            const float *w = weights + (ky * g.kernel_w + kx) * channels;
            for (int32_t c = 0; c < channels; c++) {
                acc += from[c * g.x_channel] * w[c];
            }
        }
    }
    return acc;
}

/** weights: [out_c][kernel_h][kernel_w][in_c / groups]; bias: [out_c]. */
MOTE_INLINE void mote_conv_2d_f32(const float *x, float *y, const float *weights, const float *bias,
                                  mote_rows rows, mote_conv_2d_f32_shape s)
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
                    const float acc = mote_conv_2d_f32_dot(x + from, weights + o * taps, bias[o], rows, iy,
                                                           ry, rx, channels, s);
                    y[to + o * g.y_channel] = mote_clamp_f32(acc, s.min, s.max);
                }
            }
        }
    }
}

#endif
