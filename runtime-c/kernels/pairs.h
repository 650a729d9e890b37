/* SPDX-License-Identifier: 0BSD */
/*
 * Convolutions that multiply two pixels at once: a word holds pixel 0 in its low half and pixel 1 in its
 * high half, so that one 32-bit multiplication by a weight makes both products. A block is four pixels,
 * two words a tap. The core (pairs_core.h) sums few enough products that neither half overflows, which the
 * compiler has proven, before it takes the halves apart.
 */
#ifndef MOTE_PAIRS_H
#define MOTE_PAIRS_H

#include "window.h"

#include <string.h>

/** What a core works on: one block of four pixels and all the filters. In the order of the assembly. */
typedef struct {
    void *out;               /* int8 results, or int32 sums [filter][4] where the core is a raw one */
    int32_t step;            /* from a pixel's results to the next one's */
    const uint32_t *words;   /* two words a tap */
    const uint32_t *end;     /* of one filter's words */
    const int8_t *weights;   /* [filters / 8][taps][8] */
    const int32_t *filters;  /* bias, multiplier, corrections (weight << 16 | byte offset of words)..., 0 */
    int32_t count;           /* filters */
    int32_t addend;          /* (zero point - lower bound) * 2^16 + 2^15 */
} mote_pairs;

typedef void (*mote_pairs_core)(const mote_pairs *);

typedef struct {
    mote_window window;
    int32_t multiplier; /* filters for each channel, where depthwise */
    int32_t taps;       /* with those that fill up the last group */
    int32_t x_zero_point;
    int32_t raw; /* the core leaves the rescale to C; so it is where channels are no neighbours in y */
    mote_requantization requantization;
} mote_pairs_shape;

/** One layer's call; `starts` says where every eighth filter begins in `filters`. */
typedef struct mote_pairs_call mote_pairs_call;
struct mote_pairs_call {
    mote_pairs_core core;
    /** Rescales sums [filter][4]; NULL unless the core is a raw one. */
    void (*finish)(const int32_t *sums, int8_t *y, int32_t step, int32_t first, int32_t count,
                   const mote_pairs_call *call, const mote_pairs_shape *s);
    const int8_t *x;
    int8_t *y;
    void *scratch;
    const int8_t *weights;
    const int32_t *filters;
    const int32_t *starts;
    const int32_t *multipliers;
    const int8_t *exponents;
    mote_rows rows;
};

/** Where the patches of a block's four pixels begin. */
typedef struct {
    int32_t iy[4], ix[4];
    int32_t at[4]; /* offset in x, unless a table finds its rows */
    int32_t inside; /* no patch touches the padding */
} mote_pairs_block;

/** Steps through the output in blocks of four pixels; the last one may reach back over the one before. */
typedef struct {
    int32_t oy, ox;
    int32_t pixel, total;
    int32_t step; /* from a pixel's results to the next one's; 0 where a block is one pixel four times */
    int32_t in_begin;
} mote_pairs_walk;

/** Says that a tap of a pixel lies in the padding. */
#define MOTE_PAIRS_PAD INT32_MIN

/** Words of `count` channels of four pixels, `x_step` apart; `step` words from one channel's to the next. */
static MOTE_NOINLINE void mote_pairs_expand(const int8_t *const *from, int32_t x_step, uint32_t *to,
                                            int32_t count, int32_t step)
{
    const int8_t *a = from[0];
    const int8_t *b = from[1];
    const int8_t *c = from[2];
    const int8_t *d = from[3];
    for (int32_t i = 0; i < count * x_step; i += x_step) {
        to[0] = (uint32_t)a[i] + ((uint32_t)b[i] << 16);
        to[1] = (uint32_t)c[i] + ((uint32_t)d[i] << 16);
        to += step;
    }
}

MOTE_INLINE mote_pairs_walk mote_pairs_begin(const mote_rows *rows, const mote_window *g)
{
    mote_pairs_walk w;
    w.oy = rows->out_begin;
    w.ox = 0;
    w.pixel = 0;
    w.total = (rows->out_end - rows->out_begin) * g->out_w;
    w.step = w.total < 4 ? 0 : g->y_column;
    w.in_begin = rows->in_begin;
    return w;
}

MOTE_INLINE void mote_pairs_advance(mote_pairs_walk *w, const mote_window *g)
{
    w->ox++;
    if (w->ox == g->out_w) {
        w->ox = 0;
        w->oy++;
    }
}

/** Locates the next block and says at which pixel it begins. */
static MOTE_NOINLINE int32_t mote_pairs_next(mote_pairs_walk *w, mote_pairs_block *b, const mote_window *g)
{
    const int32_t single = w->total < 4 ? 1 : 0;
    const int32_t bottom = g->in_h - (g->kernel_h - 1) * g->dilation_h;
    const int32_t right = g->in_w - (g->kernel_w - 1) * g->dilation_w;
    while (single == 0 && w->pixel > w->total - 4) {
        w->pixel--;
        w->ox--;
        if (w->ox < 0) {
            w->ox = g->out_w - 1;
            w->oy--;
        }
    }
    const int32_t pixel = w->pixel;
    b->inside = 1;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t iy = w->oy * g->stride_h - g->pad_h;
        const int32_t ix = w->ox * g->stride_w - g->pad_w;
        b->at[i] = (iy - w->in_begin) * g->x_row + ix * g->x_column;
        b->iy[i] = iy;
        b->ix[i] = ix;
        if (iy < 0 || ix < 0 || iy >= bottom || ix >= right) {
            b->inside = 0;
        }
        if (single == 0 || i == 3) {
            mote_pairs_advance(w, g);
        }
    }
    w->pixel += single != 0 ? 1 : 4;
    return pixel;
}

/** Where a tap is in x. */
MOTE_INLINE int32_t mote_pairs_offset(const mote_rows *rows, int32_t row, int32_t column,
                                      const mote_window *g)
{
    if ((uint32_t)row >= (uint32_t)g->in_h || (uint32_t)column >= (uint32_t)g->in_w) {
        return MOTE_PAIRS_PAD;
    }
    return mote_row(*rows, row, g->x_row) + column * g->x_column;
}

/** Where a tap of each pixel is in x, whose rows a table finds. */
static MOTE_NOINLINE void mote_pairs_offsets_by_table(const mote_pairs_block *b, int32_t ky, int32_t kx,
                                                      int32_t *at, const mote_rows *rows,
                                                      const mote_window *g)
{
    for (int32_t i = 0; i < 4; i++) {
        at[i] = mote_pairs_offset(rows, b->iy[i] + ky * g->dilation_h, b->ix[i] + kx * g->dilation_w, g);
    }
}

/** Where a tap of each pixel is in x, whose rows follow each other. */
static MOTE_NOINLINE void mote_pairs_offsets_in_order(const mote_pairs_block *b, int32_t ky, int32_t kx,
                                                      int32_t *at, const mote_window *g)
{
    const int32_t dy = ky * g->dilation_h;
    const int32_t dx = kx * g->dilation_w;
    const int32_t offset = dy * g->x_row + dx * g->x_column;
    for (int32_t i = 0; i < 4; i++) {
        at[i] = b->at[i] + offset;
    }
    for (int32_t i = 0; b->inside == 0 && i < 4; i++) {
        const uint32_t row = (uint32_t)(b->iy[i] + dy);
        const uint32_t column = (uint32_t)(b->ix[i] + dx);
        if (row >= (uint32_t)g->in_h || column >= (uint32_t)g->in_w) {
            at[i] = MOTE_PAIRS_PAD;
        }
    }
}

/** Where a tap of each pixel is in x. */
MOTE_INLINE void mote_pairs_offsets(const mote_pairs_block *b, int32_t ky, int32_t kx, int32_t *at,
                                    const mote_rows *rows, const mote_window *g)
{
    if (rows->at == NULL) {
        mote_pairs_offsets_in_order(b, ky, kx, at, g);
    } else {
        mote_pairs_offsets_by_table(b, ky, kx, at, rows, g);
    }
}

/** Rescales the sums of a raw core. */
static MOTE_NOINLINE void mote_pairs_finish(const int32_t *sums, int8_t *y, int32_t step, int32_t first,
                                            int32_t count, const mote_pairs_call *call,
                                            const mote_pairs_shape *s)
{
    for (int32_t f = 0; f < count; f++) {
        for (int32_t i = 0; i < 4; i++) {
            y[f * s->window.y_channel + i * step] = (int8_t)mote_requantize(
                sums[f * 4 + i], first + f, call->multipliers, call->exponents, s->requantization);
        }
    }
}

typedef void (*mote_pairs_layer)(const mote_pairs_call *call, const mote_pairs_shape *s);

/** Runs a layer: at once, or where rows of y do not follow one another, row by row. */
MOTE_INLINE void mote_pairs_all(mote_pairs_layer run, mote_pairs_call call, mote_pairs_shape s)
{
    const mote_rows rows = call.rows;
    if (s.window.y_row == s.window.out_w * s.window.y_column) {
        run(&call, &s);
        return;
    }
    for (int32_t row = rows.out_begin; row < rows.out_end; row++) {
        call.rows.out_begin = row;
        call.rows.out_end = row + 1;
        run(&call, &s);
        call.y += s.window.y_row;
    }
}

MOTE_INLINE int32_t mote_pairs_addend(const mote_requantization *r)
{
    return (r->zero_point - r->min) * 65536 + 32768;
}

#endif
