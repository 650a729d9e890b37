/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution, float: filter o reads channel o / multiplier; channels run innermost. */
#ifndef MOTE_DEPTHWISE_CONV_2D_F32_H
#define MOTE_DEPTHWISE_CONV_2D_F32_H

#include "window.h"

typedef struct {
    mote_window window;
    int32_t multiplier;
    float min, max;
} mote_depthwise_conv_2d_f32_shape;

/** weights: [kernel_h][kernel_w][out_c]; bias: [out_c]. */
MOTE_INLINE void mote_depthwise_conv_2d_f32(const float *x, float *y, const float *weights,
                                            const float *bias, mote_rows rows,
                                            mote_depthwise_conv_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const int32_t from = n * g.x_batch + ix * g.x_column;
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t o = 0; o < g.out_c; o++) {
                    const float *at = x + from + o / s.multiplier * g.x_channel;
                    float acc = bias[o];
                    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
                        const float *row = at + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
                        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
                            const float v = row[kx * g.dilation_w * g.x_column];
                            acc += v * weights[(ky * g.kernel_w + kx) * g.out_c + o];
                        }
                    }
                    y[to + o * g.y_channel] = mote_clamp_f32(acc, s.min, s.max);
                }
            }
        }
    }
}

#endif
