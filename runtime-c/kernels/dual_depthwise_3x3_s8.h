/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise 3x3 convolution, int8, multiplier 1, channels innermost: rows of four channels become
 * planes of 16-bit numbers, of which a core makes a line of outputs. Padding is the zero point.
 */
#ifndef MOTE_DUAL_DEPTHWISE_3X3_S8_H
#define MOTE_DUAL_DEPTHWISE_3X3_S8_H

#include "dual_expand_s8.h"
#include "window.h"

#include <string.h>

typedef struct {
    mote_window window;
    int32_t words; /* used of a row of a plane */
    int32_t pitch; /* words from row to row */
    int32_t slots; /* rows of a plane */
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators */
    mote_requantization requantization;
} mote_dual_depthwise_3x3_s8_shape;

typedef void mote_dual_line_core(const int16_t *x, const int32_t *stream, void *y,
                                 const mote_dual_line *line);

MOTE_DUAL_SPREAD(mote_dual_spread_pairs)

/** One column of four channels. */
MOTE_INLINE void mote_dual_column(const int8_t *x, int16_t *to, int32_t step)
{
    for (int32_t c = 0; c < 4; c++) {
        to[c * step] = x[c];
    }
}

/** A row of padding. */
MOTE_INLINE void mote_dual_pad(int16_t *to, const mote_dual_depthwise_3x3_s8_shape *s)
{
    for (int32_t c = 0; c < 4; c++) {
        for (int32_t k = 0; k < 2 * s->words; k++) {
            to[c * 2 * s->pitch * s->slots + k] = (int16_t)s->x_zero_point;
        }
    }
}

/** A row of the input to a row of four planes, whose edges are padding. */
MOTE_INLINE void mote_dual_spread(const int8_t *x, int16_t *to, const mote_dual_depthwise_3x3_s8_shape *s)
{
    const mote_window *g = &s->window;
    const int32_t step = 2 * s->pitch * s->slots;
    const int32_t room = 2 * s->words - g->pad_w;
    const int32_t size = g->in_w < room ? g->in_w : room;
    const int32_t single = g->pad_w & 1;
    if (single != 0 && size > 0) {
        mote_dual_column(x, to + g->pad_w, step);
    }
    if (size - single > 1) {
        mote_dual_spread_pairs(x + single * g->x_column, g->x_column, to + g->pad_w + single, 2 * step,
                               (size - single) / 2);
    }
    if (size > single && (size - single) % 2 != 0) {
        mote_dual_column(x + (size - 1) * g->x_column, to + g->pad_w + size - 1, step);
    }
}

/** A line's accumulators, [channel][pixel], to stored numbers. */
MOTE_INLINE void mote_dual_rescale_line(const int32_t *made, int8_t *y, const int32_t *stream,
                                        const int8_t *exponents, const mote_dual_depthwise_3x3_s8_shape *s)
{
    for (int32_t c = 0; c < 4; c++) {
        const int8_t *e = exponents == NULL ? NULL : exponents + c;
        for (int32_t i = 0; i < s->window.out_w; i++) {
            y[i * s->window.y_column + c] = (int8_t)mote_requantize(made[c * s->window.out_w + i], 0,
                                                                    stream + 8 * c + 7, e, s->requantization);
        }
    }
}

/** Moves the rows from slot `from` to the front of every plane. */
MOTE_INLINE void mote_dual_slide(int16_t *planes, int32_t from, int32_t count,
                                 const mote_dual_depthwise_3x3_s8_shape *s)
{
    for (int32_t c = 0; c < 4; c++) {
        int16_t *plane = planes + c * 2 * s->pitch * s->slots;
        memmove(plane, plane + 2 * s->pitch * from, (size_t)(4 * s->pitch * count));
    }
}

/** Four channels of an image; `raw` as in the struct. */
MOTE_INLINE void mote_dual_block(mote_dual_line_core core, const int8_t *x, int8_t *y, int16_t *planes,
                                 const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                 const mote_dual_line *line, const mote_dual_depthwise_3x3_s8_shape *s,
                                 int32_t raw)
{
    const mote_window *g = &s->window;
    int32_t *made = (int32_t *)(void *)(planes + 8 * s->pitch * s->slots);
    int32_t base = rows.out_begin * g->stride_h - g->pad_h;
    int32_t next = base;
    const int32_t slides = (rows.out_end - rows.out_begin - 1) * g->stride_h + 3 > s->slots;
    for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
        const int32_t iy = oy * g->stride_h - g->pad_h;
        int8_t *to = y + (oy - rows.out_begin) * g->y_row;
        if (iy + 3 - base > s->slots) {
            if (next > iy) {
                mote_dual_slide(planes, iy - base, next - iy, s);
            }
            base = iy;
        }
        next = next < iy ? iy : next;
        for (; next < iy + 3; next++) {
            int16_t *slot = planes + 2 * s->pitch * (next - base);
            if (next >= 0 && next < g->in_h) {
                mote_dual_spread(x + (next - rows.in_begin) * g->x_row, slot, s);
            } else if (slides) {
                mote_dual_pad(slot, s);
            }
        }
        core(planes + 2 * s->pitch * (iy - base), stream, raw != 0 ? (void *)made : (void *)to, line);
        if (raw != 0) {
            mote_dual_rescale_line(made, to, stream, exponents, s);
        }
    }
}

MOTE_INLINE void mote_dual_depthwise_3x3(mote_dual_line_core core, const int8_t *x, int8_t *y, void *scratch,
                                         const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                         const mote_dual_depthwise_3x3_s8_shape *s, int32_t raw)
{
    const mote_window *g = &s->window;
    int16_t *planes = (int16_t *)scratch;
    mote_dual_line line;
    line.pairs = g->out_w / 2;
    line.odd = g->out_w % 2;
    line.channel_step = 4 * s->pitch * s->slots;
    line.pixel_step = raw != 0 ? 4 : g->y_column;
    line.filter_step = raw != 0 ? 4 * g->out_w : 1;
    line.zero_point = s->requantization.zero_point;
    for (int32_t i = 0; i < 8 * s->pitch * s->slots; i++) {
        planes[i] = (int16_t)s->x_zero_point;
    }
    for (int32_t n = 0; n < g->batch; n++) {
        for (int32_t c = 0; c < g->in_c; c += 4) {
            const int8_t *e = exponents == NULL ? NULL : exponents + c;
            mote_dual_block(core, x + n * g->x_batch + c, y + n * g->y_batch + c, planes, stream + 8 * c, e,
                            rows, &line, s, raw);
        }
    }
}

static MOTE_NOINLINE void mote_dual_lines_direct(mote_dual_line_core core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int32_t *stream, mote_rows rows,
                                                 const mote_dual_depthwise_3x3_s8_shape *s)
{
    mote_dual_depthwise_3x3(core, x, y, scratch, stream, NULL, rows, s, 0);
}

static MOTE_NOINLINE void mote_dual_lines_raw(mote_dual_line_core core, const int8_t *x, int8_t *y,
                                              void *scratch, const int32_t *stream, const int8_t *exponents,
                                              mote_rows rows, const mote_dual_depthwise_3x3_s8_shape *s)
{
    mote_dual_depthwise_3x3(core, x, y, scratch, stream, exponents, rows, s, 1);
}

/**
 * y may be x where strides and all paddings are 1, and all rows are made.
 * stream: for every channel three rows of words (w0, w1) and (w1, w2), a start and a multiplier;
 * exponents: [out_c], or NULL in profile fast.
 */
MOTE_INLINE void mote_dual_depthwise_3x3_s8(mote_dual_line_core core, const int8_t *x, int8_t *y,
                                            void *scratch, const int32_t *stream, const int8_t *exponents,
                                            mote_rows rows, const mote_dual_depthwise_3x3_s8_shape *s)
{
    if (s->raw == 0) {
        mote_dual_lines_direct(core, x, y, scratch, stream, rows, s);
    } else {
        mote_dual_lines_raw(core, x, y, scratch, stream, exponents, rows, s);
    }
}

/** The same with columns as the struct's rows. */
MOTE_INLINE void mote_dual_depthwise_3x3_turned_s8(mote_dual_line_core core, const int8_t *x, int8_t *y,
                                                   void *scratch, const int32_t *stream,
                                                   const int8_t *exponents,
                                                   const mote_dual_depthwise_3x3_s8_shape *s)
{
    mote_rows all;
    all.out_begin = 0;
    all.out_end = s->window.out_h;
    all.in_begin = 0;
    all.at = NULL;
    all.shift = 0;
    mote_dual_depthwise_3x3_s8(core, x, y, scratch, stream, exponents, all, s);
}

#endif
