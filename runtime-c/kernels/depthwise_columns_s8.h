/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolutions of up to 4 rows and columns: 16 channels of some pixels of a row at a time. */
#ifndef MOTE_DEPTHWISE_COLUMNS_S8_H
#define MOTE_DEPTHWISE_COLUMNS_S8_H

#include "columns_s8.h"

typedef void mote_columns_core(const int8_t *columns, const int32_t *stream, int32_t *acc, int8_t *y,
                               int32_t channels);

typedef struct {
    mote_window window;
    int32_t x_zero_point;
    int32_t pixels;  /* that the core makes */
    int32_t columns; /* that a row of the output reads, with those of missing weights */
    int32_t words;   /* of the stream, for 16 channels */
} mote_depthwise_columns_s8_shape;

/** Columns that lie inside the input, of those that a row of the output reads. */
MOTE_INLINE int32_t mote_depthwise_columns_inside(mote_depthwise_columns_s8_shape s)
{
    const int32_t room = s.columns - s.window.pad_w;
    return s.window.in_w < room ? s.window.in_w : room;
}

/** Columns of 16 channels for the row of the output whose kernel starts at row iy. */
MOTE_INLINE void mote_depthwise_columns_row(const int8_t *x, int8_t *columns, const int8_t *zeros,
                                            int32_t iy, mote_rows rows, int32_t channels,
                                            mote_depthwise_columns_s8_shape s)
{
    const mote_window g = s.window;
    const mote_range ry = mote_kernel_range(iy, g.kernel_h, g.dilation_h, g.in_h);
    const int8_t *from[4];
    int32_t steps[4];
    for (int32_t ky = 0; ky < 4; ky++) {
        const int32_t is_inside = ky >= ry.begin && ky < ry.end;
        from[ky] = is_inside ? x + mote_row(rows, iy + ky * g.dilation_h, g.x_row) : zeros;
        steps[ky] = is_inside ? g.x_column : 0;
    }
    mote_columns_build(columns + g.pad_w * 64, from, steps, g.kernel_h, mote_depthwise_columns_inside(s),
                       channels);
}

/** Rows of 16 channels at most, from x's and y's first channel on. */
MOTE_INLINE void mote_depthwise_columns_block(mote_columns_core *core, const int8_t *x, int8_t *y,
                                              int8_t *columns, const int32_t *stream, mote_rows rows,
                                              int32_t channels, mote_depthwise_columns_s8_shape s)
{
    const mote_window g = s.window;
    const int8_t *zeros = columns + s.columns * 64;
    int32_t *acc = (int32_t *)(void *)(columns + s.columns * 64 + 16);
    for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
        mote_depthwise_columns_row(x, columns, zeros, oy * g.stride_h - g.pad_h, rows, channels, s);
        for (int32_t i = 0; i < g.out_w; i += s.pixels) {
            const int32_t ox = i + s.pixels <= g.out_w ? i : g.out_w - s.pixels;
            core(columns + ox * g.stride_w * 64, stream, acc,
                 y + (oy - rows.out_begin) * g.y_row + ox * g.y_column, channels);
        }
    }
}

/** scratch: the columns, 16 zero points, accumulators of 16 channels. */
MOTE_INLINE void mote_depthwise_columns_s8(mote_columns_core *core, const int8_t *x, int8_t *y,
                                           void *scratch, const int32_t *stream, mote_rows rows,
                                           mote_depthwise_columns_s8_shape s)
{
    const mote_window g = s.window;
    const int32_t end = g.pad_w + mote_depthwise_columns_inside(s);
    int8_t *columns = (int8_t *)scratch;
    mote_fill_s8(columns, s.x_zero_point, g.pad_w * 64);
    mote_fill_s8(columns + end * 64, s.x_zero_point, (s.columns - end) * 64 + 16);
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t c = 0; c + 16 <= g.in_c; c += 16) {
            mote_depthwise_columns_block(core, x + n * g.x_batch + c, y + n * g.y_batch + c, columns,
                                         stream + c / 16 * s.words, rows, 16, s);
        }
        if (g.in_c % 16 != 0) {
            const int32_t c = g.in_c / 16 * 16;
            mote_depthwise_columns_block(core, x + n * g.x_batch + c, y + n * g.y_batch + c, columns,
                                         stream + c / 16 * s.words, rows, g.in_c % 16, s);
        }
    }
}

#endif
