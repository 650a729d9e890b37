/* SPDX-License-Identifier: 0BSD */
/*
 * Average and max pools, float, whose windows have all rows of the input: these are taken as they come,
 * as pool_rows_s8.h does. y holds the sums or the largest until the last row.
 */
#ifndef MOTE_POOL_ROWS_F32_H
#define MOTE_POOL_ROWS_F32_H

#include "pool_2d_f32.h"

/** Runs `STEP` for every element v of the rows and its place, *to; `first` is there before row 0. */
#define MOTE_POOL_ROWS_F32(first, STEP)                                                                     \
    do {                                                                                                    \
        for (int32_t i = 0; rows.out_begin == 0 && i < g.out_w * g.out_c; i++) {                            \
            y[i] = (first);                                                                                 \
        }                                                                                                   \
        for (int32_t row = rows.out_begin; row < rows.out_end; row++) {                                     \
            const float *from = x + mote_row(rows, row, g.x_row);                                           \
            for (int32_t ox = 0; ox < g.out_w; ox++) {                                                      \
                const int32_t ix = ox * g.stride_w - g.pad_w;                                               \
                const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);              \
                for (int32_t c = 0; c < g.out_c; c++) {                                                     \
                    float acc = y[ox * g.out_c + c];                                                        \
                    for (int32_t kx = rx.begin; kx < rx.end; kx++) {                                        \
                        const float v = from[(ix + kx * g.dilation_w) * g.x_column + c];                    \
                        STEP;                                                                               \
                    }                                                                                       \
                    y[ox * g.out_c + c] = acc;                                                              \
                }                                                                                           \
            }                                                                                               \
        }                                                                                                   \
    } while (0)

/** Averages of the sums in y. */
MOTE_INLINE void mote_average_pool_rows_f32_finish(float *y, mote_pool_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t ox = 0; ox < g.out_w; ox++) {
        const int32_t ix = ox * g.stride_w - g.pad_w;
        const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
        const int32_t wide = mote_padded_extent(ix, g.kernel_w, g.dilation_w, g.in_w + s.pad_w_end);
        const int32_t count = g.in_h * (s.include_pad == 0 ? rx.end - rx.begin : wide);
        for (int32_t c = 0; c < g.out_c; c++) {
            y[ox * g.out_c + c] = mote_clamp_f32(y[ox * g.out_c + c] / (float)count, s.min, s.max);
        }
    }
}

MOTE_INLINE void mote_average_pool_rows_f32(const float *x, float *y, mote_rows rows,
                                            mote_pool_2d_f32_shape s)
{
    const mote_window g = s.window;
    MOTE_POOL_ROWS_F32(0.0f, acc += v);
    if (rows.out_end == g.in_h) {
        mote_average_pool_rows_f32_finish(y, s);
    }
}

MOTE_INLINE void mote_max_pool_rows_f32(const float *x, float *y, mote_rows rows, mote_pool_2d_f32_shape s)
{
    const mote_window g = s.window;
    MOTE_POOL_ROWS_F32(-INFINITY, acc = v > acc ? v : acc);
    for (int32_t i = 0; rows.out_end == g.in_h && i < g.out_w * g.out_c; i++) {
        y[i] = mote_clamp_f32(y[i], s.min, s.max);
    }
}

#endif
