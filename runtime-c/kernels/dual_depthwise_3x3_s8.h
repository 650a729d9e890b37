/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise 3x3 convolution, int8, multiplier 1, channels innermost: of a few channels at a time, the
 * three rows that an output's row sees are kept as planes of 16-bit numbers, in a ring, of which a core
 * makes a line of outputs. Padding is the zero point.
 */
#ifndef MOTE_DUAL_DEPTHWISE_3X3_S8_H
#define MOTE_DUAL_DEPTHWISE_3X3_S8_H

#include "dual_expand_s8.h"
#include "window.h"

#include <string.h>

typedef struct {
    mote_window window;
    int32_t together; /* channels made at a time, 2 or 4 */
    int32_t pitch;    /* words of a row of a plane */
    int32_t x_zero_point;
    int32_t raw; /* the core gives accumulators */
    mote_requantization requantization;
} mote_dual_depthwise_3x3_s8_shape;

typedef void mote_dual_line_core(const int16_t *x, const int32_t *stream, void *y,
                                 const mote_dual_line *line);

typedef void mote_dual_spread(const int8_t *x, int16_t *to, const mote_dual_spreading *s);

MOTE_DUAL_SPREAD_FOUR(mote_dual_spread_four)
MOTE_DUAL_SPREAD_TWO(mote_dual_spread_two)

/** Columns of a plane's rows that the input fills. */
MOTE_INLINE int32_t mote_dual_filled(const mote_dual_depthwise_3x3_s8_shape *s)
{
    const int32_t room = 2 * s->pitch - s->window.pad_w;
    const int32_t size = s->window.in_w < room ? s->window.in_w : room;
    return size > 0 ? size : 0;
}

/** Padding in columns [begin, end) of a row of every plane. */
static MOTE_NOINLINE void mote_dual_pad_edge(int16_t *to, int32_t begin, int32_t end,
                                             const mote_dual_depthwise_3x3_s8_shape *s)
{
    for (int32_t c = 0; c < s->together; c++) {
        MOTE_ROLLED
        for (int32_t k = begin; k < end; k++) {
            to[k] = (int16_t)s->x_zero_point;
        }
        to += 6 * s->pitch;
    }
}

/** A row of padding in every plane. */
static MOTE_NOINLINE void mote_dual_pad(int16_t *to, const mote_dual_depthwise_3x3_s8_shape *s)
{
    const uint32_t word = ((uint32_t)s->x_zero_point & 0xFFFFu) * 0x10001u;
    const int32_t size = 2 * s->pitch;
    for (int32_t c = s->together; c > 0; c--) {
        for (const int16_t *end = to + size; to != end; to += 2) {
            memcpy(to, &word, sizeof word);
        }
        to += 2 * size;
    }
}

/** How the columns that the input fills are laid out. */
MOTE_INLINE mote_dual_spreading mote_dual_spreading_of(const mote_dual_depthwise_3x3_s8_shape *s)
{
    const int32_t filled = mote_dual_filled(s);
    const int32_t first = filled > 0 ? s->window.pad_w % 2 : 0;
    const mote_dual_spreading all = {s->window.x_column, 12 * s->pitch, first, (filled - first) % 2,
                                     (filled - first) / 2};
    return all;
}

/** Pixels whose accumulators are made at a time. */
enum { MOTE_DUAL_LINE_PIXELS = 8 };

/** A line of outputs by way of accumulators. */
MOTE_INLINE void mote_dual_rescaled_line(mote_dual_line_core core, const int16_t *planes, int8_t *y,
                                         const int32_t *stream, const int8_t *exponents,
                                         const mote_dual_line *line,
                                         const mote_dual_depthwise_3x3_s8_shape *s)
{
    const mote_window *g = &s->window;
    int32_t made[4 * MOTE_DUAL_LINE_PIXELS];
    mote_dual_line part = *line;
    for (int32_t i = 0; i < g->out_w; i += MOTE_DUAL_LINE_PIXELS) {
        const int32_t left = g->out_w - i;
        const int32_t count = left < MOTE_DUAL_LINE_PIXELS ? left : MOTE_DUAL_LINE_PIXELS;
        part.pairs = count / 2;
        part.odd = count % 2;
        core(planes + i * g->stride_w, stream, made, &part);
        for (int32_t c = 0; c < s->together; c++) {
            const int8_t *e = exponents == NULL ? NULL : exponents + c;
            for (int32_t k = 0; k < count; k++) {
                y[(i + k) * g->y_column + c] =
                    (int8_t)mote_requantize(made[c * MOTE_DUAL_LINE_PIXELS + k], 0, stream + 8 * c + 7, e,
                                            s->requantization);
            }
        }
    }
}

/**
 * Some channels of an image, whose rows from `next` on are to be spread; the ring's place is in `line`.
 * `raw` as in the struct.
 */
MOTE_INLINE void mote_dual_block(mote_dual_line_core core, const int8_t *x, int8_t *y, int16_t *planes,
                                 const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                 int32_t next, mote_dual_line *line,
                                 const mote_dual_depthwise_3x3_s8_shape *s, int32_t raw)
{
    const mote_window *g = &s->window;
    const mote_dual_spreading spreading = mote_dual_spreading_of(s);
    mote_dual_spread *const spread = s->together == 4 ? mote_dual_spread_four : mote_dual_spread_two;
    int32_t iy = rows.out_begin * g->stride_h - g->pad_h;
    for (int32_t oy = rows.out_begin; oy < rows.out_end; oy++) {
        for (next = next < iy ? iy : next; next < iy + 3; next++) {
            int16_t *row = planes + 2 * s->pitch * line->first;
            line->first = line->first == 2 ? 0 : line->first + 1;
            if ((uint32_t)next < (uint32_t)g->in_h) {
                spread(x + mote_row(rows, next, g->x_row), row + g->pad_w, &spreading);
            } else {
                mote_dual_pad(row, s);
            }
        }
        if (raw != 0) {
            mote_dual_rescaled_line(core, planes, y, stream, exponents, line, s);
        } else {
            core(planes, stream, y, line);
        }
        iy += g->stride_h;
        y += g->y_row;
    }
}

MOTE_INLINE void mote_dual_depthwise_3x3(mote_dual_line_core core, const int8_t *x, int8_t *y, void *scratch,
                                         const int32_t *stream, const int8_t *exponents, mote_rows rows,
                                         const mote_dual_depthwise_3x3_s8_shape *s, int32_t raw)
{
    const mote_window *g = &s->window;
    int16_t *planes = (int16_t *)scratch;
    const int32_t top = rows.out_begin * g->stride_h - g->pad_h;
    const int32_t bottom = (rows.out_end - 1) * g->stride_h - g->pad_h + 2;
    const int32_t is_padded = top < 0 && bottom >= g->in_h;
    const mote_dual_line all = {g->out_w / 2,
                                g->out_w % 2,
                                12 * s->pitch,
                                raw != 0 ? 4 * MOTE_DUAL_LINE_PIXELS : 1,
                                raw != 0 ? 4 : g->y_column,
                                s->requantization.zero_point,
                                s->together,
                                0};
    mote_dual_line line = all;
    for (int32_t r = 0; r < 3; r++) {
        mote_dual_pad_edge(planes + 2 * s->pitch * r, 0, g->pad_w, s);
        mote_dual_pad_edge(planes + 2 * s->pitch * r, g->pad_w + mote_dual_filled(s), 2 * s->pitch, s);
    }
    for (int32_t n = 0; n < g->batch; n++) {
        for (int32_t c = 0; c < g->in_c; c += s->together) {
            const int8_t *e = exponents == NULL ? NULL : exponents + c;
            /* the padding at the bottom of the channels before is that at the top of the next ones */
            const int32_t next = top + (is_padded && n + c > 0 ? 1 : 0);
            mote_dual_block(core, x + n * g->x_batch + c, y + n * g->y_batch + c, planes, stream + 8 * c, e,
                            rows, next, &line, s, raw);
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
 * y may be x where strides and all paddings are 1, and all rows are made; a call for one row of them may
 * put it in place of the first row that it reads.
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

/* With structs of two channels at a time. */
#define mote_dual_depthwise_3x3_s8_c2 mote_dual_depthwise_3x3_s8
#define mote_dual_depthwise_3x3_turned_s8_c2 mote_dual_depthwise_3x3_turned_s8

#endif
