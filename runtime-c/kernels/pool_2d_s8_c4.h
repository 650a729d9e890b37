/* SPDX-License-Identifier: 0BSD */
/* Average and max pools, int8, channels innermost and a multiple of four: a block of channels at a time. */
#ifndef MOTE_POOL_2D_S8_C4_H
#define MOTE_POOL_2D_S8_C4_H

#include "pool_2d_s8.h"
#include "pool_block_s8.h"

/** One pixel of all channels; `count` elements are averaged, `inside` of them in the input. */
MOTE_INLINE void mote_average_pool_pixel_s8(const int8_t *x, int8_t *y, mote_pool_taps taps, int32_t count,
                                            const int32_t *multipliers, const int8_t *exponents,
                                            mote_pool_2d_s8_shape s)
{
    const int32_t padding = (count - taps.rows * taps.columns) * s.x_zero_point;
    for (int32_t c = 0; c < s.window.out_c; c += MOTE_POOL_BLOCK) {
        const int32_t rest = s.window.out_c - c;
        const int32_t channels = rest < MOTE_POOL_BLOCK ? rest : MOTE_POOL_BLOCK;
        int16_t sums[MOTE_POOL_BLOCK];
        mote_pool_sums(x + c, sums, taps, channels);
        MOTE_ROLLED
        for (int32_t i = 0; i < channels; i++) {
            y[c + i] = (int8_t)mote_average_s8(sums[i] + padding, count, multipliers, exponents, s);
        }
    }
}

MOTE_INLINE void mote_max_pool_pixel_s8(const int8_t *x, int8_t *y, mote_pool_taps taps,
                                        mote_pool_2d_s8_shape s)
{
    for (int32_t c = 0; c < s.window.out_c; c += MOTE_POOL_BLOCK) {
        const int32_t rest = s.window.out_c - c;
        const int32_t channels = rest < MOTE_POOL_BLOCK ? rest : MOTE_POOL_BLOCK;
        mote_pool_largest(x + c, y + c, taps, channels, s.requantization.min, s.requantization.max);
    }
}

/** Rows and columns of the kernel that meet the input from row iy on, as one row where they lie so. */
MOTE_INLINE mote_pool_taps mote_pool_taps_of(mote_rows rows, int32_t iy, mote_range ry, mote_range rx,
                                             mote_window g)
{
    mote_pool_taps t;
    t.rows = ry.end - ry.begin;
    t.columns = rx.end - rx.begin;
    t.across = g.dilation_w * g.x_column;
    t.top = iy + ry.begin * g.dilation_h;
    t.down = g.dilation_h;
    t.step = g.x_row;
    t.in = rows;
    if (rows.at == NULL && t.down * t.step == t.columns * t.across) {
        t.columns *= t.rows;
        t.rows = 1;
    }
    return t;
}

/** Runs PIXEL for every pixel: from `from` to `to`, the elements `taps`, `count` of them to be averaged. */
#define MOTE_POOL_C4(s, PIXEL)                                                                              \
    do {                                                                                                    \
        const mote_window g = (s).window;                                                                   \
        for (int32_t n = 0; n < g.batch; n++) {                                                             \
            for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {                                    \
                const int32_t iy = oy * g.stride_h - g.pad_h;                                               \
                const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);              \
                for (int32_t ox = 0; ox < g.out_w; ox++) {                                                  \
                    const int32_t ix = ox * g.stride_w - g.pad_w;                                           \
                    const mote_range rx = mote_kernel_range(ix, g.kernel_w, g.dilation_w, g.in_w);          \
                    const mote_pool_taps taps = mote_pool_taps_of(rows, iy, ry, rx, g);                     \
                    const int8_t *from = x + n * g.x_batch + (ix + rx.begin * g.dilation_w) * g.x_column;   \
                    int8_t *to = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row + ox * g.y_column;     \
                    PIXEL;                                                                                  \
                }                                                                                           \
            }                                                                                               \
        }                                                                                                   \
    } while (0)

MOTE_INLINE int32_t mote_pool_count(int32_t iy, int32_t ix, mote_pool_taps taps, mote_pool_2d_s8_shape s)
{
    const mote_window g = s.window;
    if (s.include_pad == 0) {
        return taps.rows * taps.columns;
    }
    return mote_padded_extent(iy, g.kernel_h, g.dilation_h, g.in_h + s.pad_h_end) *
           mote_padded_extent(ix, g.kernel_w, g.dilation_w, g.in_w + s.pad_w_end);
}

MOTE_INLINE void mote_average_pool_2d_s8_c4(const int8_t *x, int8_t *y, const int32_t *multipliers,
                                            const int8_t *exponents, mote_rows rows,
                                            mote_pool_2d_s8_shape s)
{
    MOTE_POOL_C4(s, mote_average_pool_pixel_s8(from, to, taps, mote_pool_count(iy, ix, taps, s), multipliers,
                                               exponents, s));
}

MOTE_INLINE void mote_max_pool_2d_s8_c4(const int8_t *x, int8_t *y, mote_rows rows, mote_pool_2d_s8_shape s)
{
    MOTE_POOL_C4(s, mote_max_pool_pixel_s8(from, to, taps, s));
}

#endif
