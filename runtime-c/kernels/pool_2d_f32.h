/* SPDX-License-Identifier: 0BSD */
/* Average and max pools, float. */
#ifndef MOTE_POOL_2D_F32_H
#define MOTE_POOL_2D_F32_H

#include <math.h>

#include "window.h"

typedef struct {
    mote_window window;
    int32_t pad_h_end, pad_w_end; /* pads behind the input, for count_include_pad */
    int32_t include_pad;
    float min, max;
} mote_pool_2d_f32_shape;

MOTE_INLINE float mote_window_sum_f32(const float *x, mote_rows rows, int32_t iy, mote_range ry,
                                      mote_range rx, mote_window g)
{
    float sum = 0.0f;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        const float *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
            sum += row[kx * g.dilation_w * g.x_column];
        }
    }
    return sum;
}

MOTE_INLINE float mote_window_max_f32(const float *x, mote_rows rows, int32_t iy, mote_range ry,
                                      mote_range rx, mote_window g)
{
    float largest = -INFINITY;
    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
        const float *row = x + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
            const float v = row[kx * g.dilation_w * g.x_column];
            largest = v > largest ? v : largest;
        }
    }
    return largest;
}

MOTE_INLINE void mote_average_pool_2d_f32(const float *x, float *y, mote_rows rows,
                                          mote_pool_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const int32_t count =
                    s.include_pad == 0
                        ? (ry.end - ry.begin) * (rx.end - rx.begin)
                        : mote_padded_extent(iy, g.kernel_h, g.dilation_h, g.in_h + s.pad_h_end) *
                              mote_padded_extent(ix, g.kernel_w, g.dilation_w, g.in_w + s.pad_w_end);
                const float *from = x + n * g.x_batch + ix * g.x_column;
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t c = 0; c < g.out_c; c++) {
                    const float sum = mote_window_sum_f32(from + c * g.x_channel, rows, iy, ry, rx, g);
                    y[to + c * g.y_channel] = mote_clamp_f32(sum / (float)count, s.min, s.max);
                }
            }
        }
    }
}

MOTE_INLINE void mote_max_pool_2d_f32(const float *x, float *y, mote_rows rows, mote_pool_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const float *from = x + n * g.x_batch + ix * g.x_column;
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t c = 0; c < g.out_c; c++) {
                    const float largest = mote_window_max_f32(from + c * g.x_channel, rows, iy, ry, rx, g);
                    y[to + c * g.y_channel] = mote_clamp_f32(largest, s.min, s.max);
                }
            }
        }
    }
}

#endif
