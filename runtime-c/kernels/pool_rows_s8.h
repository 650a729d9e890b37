/* SPDX-License-Identifier: 0BSD */
/*
 * Average and max pools, int8, whose windows have all rows of the input: these are taken as they come.
 * rows.out_begin and rows.out_end say which rows of the input a call takes; the first call begins with
 * row 0, and the one that ends with the last row leaves the result. One image, channels innermost.
 */
#ifndef MOTE_POOL_ROWS_S8_H
#define MOTE_POOL_ROWS_S8_H

#include "pool_2d_s8.h"
#include "pool_block_s8.h"

/** The columns of the output's column ox in a row of the input. */
MOTE_INLINE mote_pool_taps mote_pool_row_taps(int32_t row, mote_rows rows, mote_range rx, mote_window g)
{
    mote_pool_taps t;
    t.rows = 1;
    t.columns = rx.end - rx.begin;
    t.across = g.dilation_w * g.x_column;
    t.top = row;
    t.down = 1;
    t.step = g.x_row;
    t.in = rows;
    return t;
}

/** Adds one pixel's columns of a row to its sums; x is at the first of the columns. */
MOTE_INLINE void mote_pool_row_add(const int8_t *x, int32_t *sums, mote_pool_taps taps, int32_t channels)
{
    const int32_t fours = channels / 4 * 4;
    for (int32_t c = 0; c < fours; c += MOTE_POOL_BLOCK) {
        const int32_t count = fours - c < MOTE_POOL_BLOCK ? fours - c : MOTE_POOL_BLOCK;
        int16_t some[MOTE_POOL_BLOCK];
        mote_pool_sums(x + c, some, taps, count);
        for (int32_t i = 0; i < count; i++) {
            sums[c + i] += some[i];
        }
    }
    for (int32_t c = fours; c < channels; c++) {
        const int8_t *from = x + mote_pool_row(taps, 0) + c;
        for (int32_t i = 0; i < taps.columns; i++) {
            sums[c] += from[i * taps.across];
        }
    }
}

/** Averages of all sums; every window has all rows. */
MOTE_INLINE void mote_average_pool_rows_finish(const int32_t *sums, int8_t *y, const int32_t *multipliers,
                                               const int8_t *exponents, mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t ox = 0; ox < g.out_w; ox++) {
        const int32_t ix = ox * g.stride_w - g.pad_w;
        const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
        const int32_t inside = rx.end - rx.begin;
        const int32_t wide = mote_padded_extent(ix, g.kernel_w, g.dilation_w, g.in_w + s.pad_w_end);
        const int32_t columns = s.include_pad == 0 ? inside : wide;
        const int32_t padding = g.in_h * (columns - inside) * s.x_zero_point;
        MOTE_ROLLED
        for (int32_t c = 0; c < g.out_c; c++) {
            y[ox * g.out_c + c] = (int8_t)mote_average_s8(sums[ox * g.out_c + c] + padding, g.in_h * columns,
                                                          multipliers, exponents, s);
        }
    }
}

/** scratch: int32 sums [out_w][out_c], kept from call to call. y is written by the last call. */
MOTE_INLINE void mote_average_pool_rows_s8(const int8_t *x, int8_t *y, void *scratch,
                                           const int32_t *multipliers, const int8_t *exponents,
                                           mote_rows rows, mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    int32_t *const sums = (int32_t *)scratch;
    for (int32_t i = 0; rows.out_begin == 0 && i < g.out_w * g.out_c; i++) {
        sums[i] = 0;
    }
    for (int32_t row = rows.out_begin; row < rows.out_end; row++) {
        for (int32_t ox = 0; ox < g.out_w; ox++) {
            const int32_t ix = ox * g.stride_w - g.pad_w;
            const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
            mote_pool_row_add(x + (ix + rx.begin * g.dilation_w) * g.x_column, sums + ox * g.out_c,
                              mote_pool_row_taps(row, rows, rx, g), g.out_c);
        }
    }
    if (rows.out_end == g.in_h) {
        mote_average_pool_rows_finish(sums, y, multipliers, exponents, s);
    }
}

/** The largest of one pixel's columns of a row and of y. */
MOTE_INLINE void mote_pool_row_largest(const int8_t *x, int8_t *y, mote_pool_taps taps,
                                       mote_pool_2d_s8_shape s)
{
    const int32_t fours = s.window.out_c / 4 * 4;
    for (int32_t c = 0; c < fours; c += MOTE_POOL_BLOCK) {
        const int32_t count = fours - c < MOTE_POOL_BLOCK ? fours - c : MOTE_POOL_BLOCK;
        int8_t some[MOTE_POOL_BLOCK];
        mote_pool_largest(x + c, some, taps, count, s.requantization.min, s.requantization.max);
        for (int32_t i = 0; i < count; i++) {
            y[c + i] = some[i] > y[c + i] ? some[i] : y[c + i];
        }
    }
    for (int32_t c = fours; c < s.window.out_c; c++) {
        const int8_t *from = x + mote_pool_row(taps, 0) + c;
        int32_t largest = y[c];
        for (int32_t i = 0; i < taps.columns; i++) {
            largest = from[i * taps.across] > largest ? from[i * taps.across] : largest;
        }
        y[c] = (int8_t)(largest < s.requantization.max ? largest : s.requantization.max);
    }
}

/** y is kept from call to call. */
MOTE_INLINE void mote_max_pool_rows_s8(const int8_t *x, int8_t *y, mote_rows rows, mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t i = 0; rows.out_begin == 0 && i < g.out_w * g.out_c; i++) {
        y[i] = (int8_t)s.requantization.min;
    }
    for (int32_t row = rows.out_begin; row < rows.out_end; row++) {
        for (int32_t ox = 0; ox < g.out_w; ox++) {
            const int32_t ix = ox * g.stride_w - g.pad_w;
            const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);
            mote_pool_row_largest(x + (ix + rx.begin * g.dilation_w) * g.x_column, y + ox * g.out_c,
                                  mote_pool_row_taps(row, rows, rx, g), s);
        }
    }
}

#endif
