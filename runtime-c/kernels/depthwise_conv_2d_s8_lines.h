/* SPDX-License-Identifier: 0BSD */
/*
 * Depthwise 3x3 convolution, int8, multiplier 1, channels innermost, two pixels to a multiplication (see
 * lines.h). The halves of a line may overlap. Padding is the zero point.
 */
#ifndef MOTE_DEPTHWISE_CONV_2D_S8_LINES_H
#define MOTE_DEPTHWISE_CONV_2D_S8_LINES_H

#include "lines_core.h"

typedef struct {
    mote_window window;
    int32_t pairs; /* in a line */
    int32_t pitch; /* words of a row */
    int32_t lines; /* at most, in a call of the core */
    int32_t x_zero_point;
    int32_t raw; /* the core leaves the rescale to C */
    mote_requantization requantization;
} mote_depthwise_conv_2d_s8_lines_shape;

typedef struct mote_depthwise_conv_2d_s8_lines_call mote_depthwise_conv_2d_s8_lines_call;
struct mote_depthwise_conv_2d_s8_lines_call {
    mote_lines_core core;
    /** Rescales a line's sums; NULL unless the core is a raw one. */
    void (*finish)(const int32_t *sums, int8_t *y, int32_t channel,
                   const mote_depthwise_conv_2d_s8_lines_call *call,
                   const mote_depthwise_conv_2d_s8_lines_shape *s);
    const int8_t *x;
    int8_t *y;
    int32_t *scratch;
    const int8_t *weights;
    const int32_t *filters;
    const int32_t *multipliers;
    const int8_t *exponents;
    mote_rows rows;
};

static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_lines_finish(
    const int32_t *sums, int8_t *y, int32_t channel, const mote_depthwise_conv_2d_s8_lines_call *call,
    const mote_depthwise_conv_2d_s8_lines_shape *s)
{
    for (int32_t i = 0; i < s->window.out_w; i++) {
        y[i * s->window.y_column] = (int8_t)mote_requantize(sums[i], channel, call->multipliers,
                                                            call->exponents, s->requantization);
    }
}

static MOTE_NOINLINE void mote_lines_fill(int32_t *words, int32_t value, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        words[i] = value;
    }
}

/** Where a column's pixels are in a row, negative in the padding. */
MOTE_INLINE int32_t mote_lines_offset(int32_t column, const mote_window *g)
{
    return column >= 0 && column < g->in_w ? column * g->x_column : -1;
}

/** One row as mote_lines_expand makes it. */
MOTE_INLINE void mote_lines_expand_row(const int8_t *x, const int32_t *columns, int32_t *words,
                                       const mote_depthwise_conv_2d_s8_lines_shape *s)
{
    for (int32_t i = 0; i < s->pitch; i++) {
        const int32_t first = columns[2 * i] < 0 ? s->x_zero_point : x[columns[2 * i]];
        const int32_t second = columns[2 * i + 1] < 0 ? s->x_zero_point : x[columns[2 * i + 1]];
        words[i] = first + second * MOTE_LINES_SPACING;
    }
}

/** Expands rows of one channel that are found by a table. */
static MOTE_NOINLINE void mote_lines_expand_by_table(const int8_t *x, const mote_rows *in, mote_range rows,
                                                     const int32_t *columns, int32_t *words,
                                                     const mote_depthwise_conv_2d_s8_lines_shape *s)
{
    for (int32_t row = rows.begin; row < rows.end; row++) {
        mote_lines_expand_row(x + mote_row(*in, row, s->window.x_row), columns, words, s);
        words += s->pitch;
    }
}

/** Expands one channel's rows [first, first + count). */
MOTE_INLINE void mote_depthwise_conv_2d_s8_lines_rows(const int8_t *x, const mote_rows *in, int32_t first,
                                                      int32_t count, mote_lines_rows *rows, int32_t *words,
                                                      const mote_depthwise_conv_2d_s8_lines_shape *s)
{
    const mote_window *g = &s->window;
    const int32_t begin = mote_clamp(0 - first, 0, count);
    const int32_t end = mote_clamp(g->in_h - first, begin, count);
    const int32_t pad = s->x_zero_point + s->x_zero_point * MOTE_LINES_SPACING;
    mote_lines_fill(words, pad, begin * s->pitch);
    mote_lines_fill(words + end * s->pitch, pad, (count - end) * s->pitch);
    if (in->at != NULL) {
        const mote_range inside = {first + begin, first + end};
        mote_lines_expand_by_table(x, in, inside, rows->columns, words + begin * s->pitch, s);
    } else if (end > begin) {
        rows->x = x + (first + begin - in->in_begin) * g->x_row;
        rows->words = words + begin * s->pitch;
        rows->size = (end - begin) * g->x_row;
        mote_lines_expand(rows);
    }
}

/** Scratch: columns [pitch][2], words [rows of `lines` lines][pitch], sums [out_w] where raw. */
static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_lines_run(
    const mote_depthwise_conv_2d_s8_lines_call *call, const mote_depthwise_conv_2d_s8_lines_shape *s)
{
    const mote_window *g = &s->window;
    int32_t *columns = call->scratch;
    int32_t *words = columns + 2 * s->pitch;
    int32_t *sums = words + ((s->lines - 1) * g->stride_h + 3) * s->pitch;
    const int32_t most = s->raw != 0 ? 1 : s->lines;
    const int32_t step = s->raw != 0 ? 4 : g->y_column;
    const int32_t half = g->out_w - s->pairs;
    const int32_t addend = (s->requantization.zero_point - s->requantization.min) * 65536 + 32768;
    const int32_t next = 4 * (g->stride_h * s->pitch - g->stride_w * s->pairs);
    mote_lines work = {words, sums, step, half * step, g->y_row, 0, NULL, NULL, addend, next, 0, 0};
    work.pitch = 4 * s->pitch;
    work.width = 4 * g->stride_w * s->pairs;
    mote_lines_rows rows = {NULL, NULL, columns, words, g->x_row, 4 * s->pitch, 0, s->x_zero_point};
    for (int32_t i = 0; i < s->pitch; i++) {
        columns[2 * i] = mote_lines_offset(i - g->pad_w, g);
        columns[2 * i + 1] = mote_lines_offset(i - g->pad_w + g->stride_w * half, g);
    }
    for (int32_t at = 0; at < g->batch * g->out_c; at++) {
        const int32_t n = at / g->out_c;
        const int32_t c = at - n * g->out_c;
        const int8_t *x = call->x + n * g->x_batch + c;
        int8_t *y = call->y + n * g->y_batch + c * g->y_channel;
        work.weights = call->weights + 10 * c;
        work.filter = call->filters + 2 * c;
        for (int32_t oy = call->rows.out_begin; oy < call->rows.out_end; oy += most) {
            const int32_t lines = mote_clamp(call->rows.out_end - oy, 1, most);
            mote_depthwise_conv_2d_s8_lines_rows(x, &call->rows, oy * g->stride_h - g->pad_h,
                                                 (lines - 1) * g->stride_h + 3, &rows, words, s);
            work.lines = lines;
            if (s->raw == 0) {
                work.out = y;
            }
            call->core(&work);
            if (s->raw != 0) {
                call->finish(sums, y, c, call, s);
            }
            y += lines * g->y_row;
        }
    }
}

/** weights: [channel][10]; filters: [channel][bias, multiplier]. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_lines(mote_lines_core core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int8_t *weights,
                                                 const int32_t *filters, const int32_t *multipliers,
                                                 const int8_t *exponents, mote_rows rows,
                                                 mote_depthwise_conv_2d_s8_lines_shape s)
{
    const mote_depthwise_conv_2d_s8_lines_call call = {
        core, s.raw != 0 ? mote_depthwise_conv_2d_s8_lines_finish : NULL, x, y, scratch, weights, filters,
        multipliers, exponents, rows};
    mote_depthwise_conv_2d_s8_lines_run(&call, &s);
}

#endif
