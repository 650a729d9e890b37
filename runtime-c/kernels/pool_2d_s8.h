/* SPDX-License-Identifier: 0BSD */
/* Average and max pools, int8. */
#ifndef MOTE_POOL_2D_S8_H
#define MOTE_POOL_2D_S8_H

#include "window.h"

typedef struct {
    mote_window window;
    int32_t pad_h_end, pad_w_end; /* pads behind the input, for count_include_pad */
    int32_t include_pad;
    int32_t rescaled;        /* 0: scales are equal, the sum is divided; 1: it is rescaled */
    int32_t x_zero_point;
    /* per_channel: multipliers and left shifts or exponents by count of elements, less 1 */
    mote_requantization requantization;
} mote_pool_2d_s8_shape;

MOTE_INLINE int32_t mote_average_s8(int32_t sum, int32_t count, const int32_t *multipliers,
                                    const int8_t *exponents, mote_pool_2d_s8_shape s)
{
    if (s.rescaled != 0) {
        mote_requantization r = s.requantization;
        if (r.tflite == 0 && r.per_channel != 0) {
            r.left_shift = exponents[count - 1];
        }
        return mote_requantize(sum - count * s.x_zero_point, count - 1, multipliers, exponents, r);
    }
    return mote_clamp((sum > 0 ? sum + count / 2 : sum - count / 2) / count, s.requantization.min,
                      s.requantization.max);
}

MOTE_INLINE void mote_average_pool_2d_s8(const int8_t *x, int8_t *y, const int32_t *multipliers,
                                         const int8_t *exponents, mote_rows rows,
                                         mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const int32_t inside = (ry.end - ry.begin) * (rx.end - rx.begin);
                const int32_t count =
                    s.include_pad == 0
                        ? inside
                        : mote_padded_extent(iy, g.kernel_h, g.dilation_h, g.in_h + s.pad_h_end) *
                              mote_padded_extent(ix, g.kernel_w, g.dilation_w, g.in_w + s.pad_w_end);
                const int8_t *from = x + n * g.x_batch + ix * g.x_column;
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t c = 0; c < g.out_c; c++) {
                    int32_t sum = (count - inside) * s.x_zero_point;
                    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
                        const int8_t *row = from + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
                        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
                            sum += row[kx * g.dilation_w * g.x_column + c * g.x_channel];
                        }
                    }
                    y[to + c * g.y_channel] = (int8_t)mote_average_s8(sum, count, multipliers, exponents, s);
                }
            }
        }
    }
}

MOTE_INLINE void mote_max_pool_2d_s8(const int8_t *x, int8_t *y, mote_rows rows, mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
            const int32_t iy = oy * g.stride_h - g.pad_h;
            const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
            for (int32_t ox = 0; ox < g.out_w; ox++) {
                const int32_t ix = ox * g.stride_w - g.pad_w;
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
                const int8_t *from = x + n * g.x_batch + ix * g.x_column;
                const int32_t to = n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;
                for (int32_t c = 0; c < g.out_c; c++) {
                    int32_t largest = s.requantization.min;
                    for (int32_t ky = ry.begin; ky < ry.end; ky++) {
                        const int8_t *row = from + mote_row(rows, iy + ky * g.dilation_h, g.x_row);
                        for (int32_t kx = rx.begin; kx < rx.end; kx++) {
                            const int32_t q = row[kx * g.dilation_w * g.x_column + c * g.x_channel];
                            largest = q > largest ? q : largest;
                        }
                    }
                    y[to + c * g.y_channel] =
                        (int8_t)(largest < s.requantization.max ? largest : s.requantization.max);
                }
            }
        }
    }
}

#endif
