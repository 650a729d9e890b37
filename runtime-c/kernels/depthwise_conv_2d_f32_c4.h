/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of multiplier 1, float32, NHWC: four channels at a time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_F32_C4_H
#define MOTE_DEPTHWISE_CONV_2D_F32_C4_H

#include "window.h"

typedef struct {
    mote_window window;
    float min, max;
} mote_depthwise_conv_2d_f32_c4_shape;

/**
 * x at the position's column, its kernel from row iy on; y at the position's first channel; weights:
 * [kernel_h][kernel_w][channels].
 */
MOTE_INLINE void mote_depthwise_conv_2d_f32_c4_position(const float *x, float *y, const float *weights,
                                                        const float *bias, int32_t iy, mote_rows rows,
                                                        mote_range ry, mote_range rx,
                                                        mote_depthwise_conv_2d_f32_c4_shape s)
{
    const mote_window g = s.window;
    const int32_t fours = g.out_c / 4 * 4;
    for (int32_t c = 0; c < fours; c += 4) {
        float a0 = bias[c];
        float a1 = bias[c + 1];
        float a2 = bias[c + 2];
        float a3 = bias[c + 3];
        for (int32_t ky = ry.begin; ky < ry.end; ky++) {
            const float *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
            const float *from = row + c + rx.begin * g.dilation_w * g.x_column;
            const float *w = weights + c + (ky * g.kernel_w + rx.begin) * g.out_c;
            for (int32_t kx = rx.begin; kx < rx.end; kx++) {
                a0 += from[0] * w[0];
                a1 += from[1] * w[1];
                a2 += from[2] * w[2];
                a3 += from[3] * w[3];
                from += g.dilation_w * g.x_column;
                w += g.out_c;
            }
        }
        y[c] = mote_clamp_f32(a0, s.min, s.max);
        y[c + 1] = mote_clamp_f32(a1, s.min, s.max);
        y[c + 2] = mote_clamp_f32(a2, s.min, s.max);
        y[c + 3] = mote_clamp_f32(a3, s.min, s.max);
    }
    for (int32_t c = fours; c < g.out_c; c++) {
        float acc = bias[c];
        for (int32_t ky = ry.begin; ky < ry.end; ky++) {
            const float *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
            for (int32_t kx = rx.begin; kx < rx.end; kx++) {
                acc += row[c + kx * g.dilation_w * g.x_column] *
                       weights[c + (ky * g.kernel_w + kx) * g.out_c];
            }
        }
        y[c] = mote_clamp_f32(acc, s.min, s.max);
    }
}

MOTE_INLINE void mote_depthwise_conv_2d_f32_c4(const float *x, float *y, const float *weights,
                                               const float *bias, mote_rows rows,
                                               mote_depthwise_conv_2d_f32_c4_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                mote_depthwise_conv_2d_f32_c4_position(
                    x + n * g.x_batch + ix * g.x_column,
                    y + n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column, weights, bias, iy,
                    rows, ry, rx, s);
            }
        }
    }
}

#endif
