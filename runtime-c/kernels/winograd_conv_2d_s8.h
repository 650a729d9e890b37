/* SPDX-License-Identifier: 0BSD */
/*
 * 3x3 convolution of stride 1, int8, by Winograd's F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2016): 16 products for what takes 36. It is exact in integers, since
 * weights are transformed with 2G, so that sums are four times the convolution's.
 */
#ifndef MOTE_WINOGRAD_CONV_2D_S8_H
#define MOTE_WINOGRAD_CONV_2D_S8_H

#include "window.h"
#include "winograd_core_s8.h"
#include "winograd_input_s8.h"
#include <string.h>

typedef struct {
    mote_window window;
    int32_t pairs; /* of channels */
    int32_t x_zero_point;
    int32_t raw; /* accumulators need 64 bits, or profile tflite */
    mote_requantization requantization;
} mote_winograd_conv_2d_s8_shape;

typedef void mote_winograd_tiles(const uint32_t *v, const int32_t *u, int32_t *m);

/** What borders are copied from; rows from `end` on are not read. */
typedef struct {
    int32_t end, width, channels, row, column, zero_point;
} mote_winograd_image;

/** Copies two tiles' inputs from row `y` and column `k` on; what lies outside is the zero point. */
static MOTE_NOINLINE void mote_winograd_border(const int8_t *x, int8_t *to, int32_t y, int32_t k,
                                               const mote_rows *rows, const mote_winograd_image *g)
{
    for (int32_t r = y; r < y + 4; r++) {
        const int32_t is_row = r >= 0 && r < g->end;
        const int8_t *from = is_row ? x + mote_row(*rows, r, g->row) : x;
        for (int32_t c = k; c < k + 6; c++) {
            if (is_row && c >= 0 && c < g->width) {
                memcpy(to, from + c * g->column, (size_t)g->channels);
            } else {
                memset(to, g->zero_point, (size_t)g->channels);
            }
            to += g->channels;
        }
    }
}

/** The rows of two tiles from row `y` on; outputs need none from `end` on. */
static MOTE_NOINLINE void mote_winograd_rows(const int8_t *x, int32_t y, int32_t end, const mote_rows *rows,
                                             int32_t step, mote_winograd_patch *to)
{
    const int32_t first = mote_row(*rows, y, step);
    to->x = x + first;
    for (int32_t r = 1; r < 4; r++) {
        to->rows[r - 1] = mote_row(*rows, y + r < end ? y + r : y, step) - first;
    }
}

/** One output of a stream's group. */
MOTE_INLINE int8_t mote_winograd_output(uint32_t sum, int32_t start, int32_t multiplier,
                                        const int8_t *exponent, mote_winograd_conv_2d_s8_shape s)
{
    const int32_t acc = start + ((int32_t)sum >> 2);
    return s.raw != 0 ? (int8_t)mote_requantize(acc, 0, &multiplier, exponent, s.requantization)
                      : mote_winograd_rescale(acc, multiplier, s.requantization);
}

/** Where a tile's outputs go; a step is 0 where the second row or column lies outside. */
typedef struct {
    int8_t *y;
    int32_t row, column;
} mote_winograd_place;

/** One filter's outputs in a tile; those that count are stored last. */
MOTE_INLINE void mote_winograd_finish(const int32_t *m, int32_t start, int32_t multiplier,
                                      const int8_t *exponent, mote_winograd_place to,
                                      mote_winograd_conv_2d_s8_shape s)
{
    uint32_t top[4];
    uint32_t bottom[4];
    for (int32_t k = 0; k < 4; k++) {
        const uint32_t b = (uint32_t)m[8 * (4 + k)];
        const uint32_t c = (uint32_t)m[8 * (8 + k)];
        top[k] = (uint32_t)m[8 * k] + (b + c);
        bottom[k] = (b - c) - (uint32_t)m[8 * (12 + k)];
    }
    to.y[to.row + to.column] =
        mote_winograd_output(bottom[1] - bottom[2] - bottom[3], start, multiplier, exponent, s);
    to.y[to.row] = mote_winograd_output(bottom[0] + bottom[1] + bottom[2], start, multiplier, exponent, s);
    to.y[to.column] = mote_winograd_output(top[1] - top[2] - top[3], start, multiplier, exponent, s);
    to.y[0] = mote_winograd_output(top[0] + top[1] + top[2], start, multiplier, exponent, s);
}

/** All filters of two tiles, or of one. */
MOTE_INLINE void mote_winograd_filters(mote_winograd_tiles core, const uint32_t *v, int32_t *m,
                                       const int32_t *stream, const int8_t *exponents, int8_t *y,
                                       int32_t row_step, int32_t columns, mote_winograd_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t f = 0; f < g.out_c; f += 4) {
        const int32_t *multipliers = stream + 4 + 64 * s.pairs;
        const int32_t last = g.out_c - f < 4 ? g.out_c - f : 4;
        core(v, stream + 4, m);
        MOTE_ROLLED
        for (int32_t i = 0; i < last; i++) {
            const int8_t *exponent = exponents == NULL ? NULL : exponents + f + i;
            int8_t *at = y + (f + i) * g.y_channel;
            MOTE_ROLLED
            for (int32_t k = 0; k < columns; k += 2) {
                const mote_winograd_place to = {at + k * g.y_column, row_step,
                                                k + 1 < columns ? g.y_column : 0};
                mote_winograd_finish(m + 2 * k + i, stream[i], multipliers[i], exponent, to, s);
            }
        }
        stream = multipliers + 4;
    }
}

/**
 * stream: of every four filters their starts (bias less the zero point's share), weights u as
 * winograd_core_s8.h says, multipliers; exponents: [out_c], or NULL in profile fast.
 */
MOTE_INLINE void mote_winograd_conv_2d_s8(mote_winograd_tiles core, const int8_t *x, int8_t *y, void *scratch,
                                          const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                          mote_winograd_conv_2d_s8_shape s)
{
    const mote_window g = s.window;
    uint32_t *v = (uint32_t *)scratch;
    int32_t *m = (int32_t *)scratch + MOTE_WINOGRAD_WORDS * s.pairs; /* or the patch at a border */
    const int32_t end = rows.out_end - g.pad_h + 2;
    const mote_winograd_image outside = {end < g.in_h ? end : g.in_h, g.in_w, g.in_c, g.x_row, g.x_column,
                                         s.x_zero_point};
    mote_winograd_patch within = {x, {0, 0, 0}, g.x_column, g.in_c / 4};
    const mote_winograd_patch border = {
        (const int8_t *)m, {6 * g.in_c, 12 * g.in_c, 18 * g.in_c}, g.in_c, g.in_c / 4};
    for (int32_t n = 0; n < g.batch; n++) {
        const int8_t *image = x + n * g.x_batch;
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy += 2) {
            int8_t *to = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row;
            const int32_t row_step = oy + 1 < rows.out_end ? g.y_row : 0;
            const int32_t iy = oy - g.pad_h;
            const int32_t inside = iy >= 0 && iy < g.in_h - (oy + 1 < rows.out_end ? 3 : 2);
            within.x = image;
            if (inside) {
                mote_winograd_rows(image, iy, end, &rows, g.x_row, &within);
            }
            within.x -= g.pad_w * g.x_column;
            for (int32_t ox = 0; ox < g.out_w; ox += 4) {
                const int32_t ix = ox - g.pad_w;
                const mote_winograd_patch *from = &within;
                if (!inside || ix < 0 || ix + 6 > g.in_w) {
                    mote_winograd_border(image, (int8_t *)m, iy, ix, &rows, &outside);
                    from = &border;
                }
                mote_winograd_input(from, v);
                within.x += 4 * g.x_column;
                mote_winograd_filters(core, v, m, stream, exponents, to + ox * g.y_column, row_step,
                                      g.out_w - ox < 4 ? g.out_w - ox : 4, s);
            }
        }
    }
}

#endif
