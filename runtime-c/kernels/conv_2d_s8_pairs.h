/* SPDX-License-Identifier: 0BSD */
/* 2-D convolution of one group, int8, two pixels to a multiplication (see pairs.h). */
#ifndef MOTE_CONV_2D_S8_PAIRS_H
#define MOTE_CONV_2D_S8_PAIRS_H

#include "pairs.h"
#include "pairs_core.h"

/** Where a row lies, or 0 if it is padding. */
MOTE_INLINE int32_t mote_conv_2d_s8_pairs_row(const mote_rows *rows, int32_t row, const mote_window *g)
{
    return (uint32_t)row < (uint32_t)g->in_h ? mote_row(*rows, row, g->x_row) : 0;
}

/** The words of pixels i and i + 1 of an input of one channel. */
static MOTE_NOINLINE void mote_conv_2d_s8_pairs_single(const mote_pairs_block *b, int32_t i, const int8_t *x,
                                                       int32_t pad, uint32_t *words, const mote_rows *rows,
                                                       const mote_window *g)
{
    const int32_t width = g->kernel_w * g->dilation_w;
    const int32_t step = g->dilation_w * g->x_column;
    const int32_t apart = b->ix[i + 1] - b->ix[i];
    const int8_t *first_row = x + b->at[i];
    const int8_t *second_row = x + b->at[i + 1];
    for (int32_t ky = 0; ky < g->kernel_h * g->dilation_h; ky += g->dilation_h) {
        const uint32_t in_w = (uint32_t)g->in_w;
        const uint32_t first_limit = (uint32_t)(b->iy[i] + ky) < (uint32_t)g->in_h ? in_w : 0u;
        const uint32_t second_limit = (uint32_t)(b->iy[i + 1] + ky) < (uint32_t)g->in_h ? in_w : 0u;
        const int8_t *first = first_row;
        const int8_t *second = second_row;
        if (rows->at != NULL) {
            first = x + mote_conv_2d_s8_pairs_row(rows, b->iy[i] + ky, g) + b->ix[i] * g->x_column;
            second = x + mote_conv_2d_s8_pairs_row(rows, b->iy[i + 1] + ky, g) + b->ix[i + 1] * g->x_column;
        }
        for (int32_t column = b->ix[i]; column < b->ix[i] + width; column += g->dilation_w) {
            const int32_t low = (uint32_t)column < first_limit ? *first : pad;
            const int32_t high = (uint32_t)(column + apart) < second_limit ? *second : pad;
            *words = (uint32_t)low + ((uint32_t)high << 16);
            words += 2;
            first += step;
            second += step;
        }
        first_row += g->dilation_h * g->x_row;
        second_row += g->dilation_h * g->x_row;
    }
}

/** The words of a block's patches, [tap][channel]. */
MOTE_INLINE void mote_conv_2d_s8_pairs_patch(const mote_pairs_block *b, const int8_t *x, const int8_t *pad,
                                             uint32_t *words, const mote_rows *rows, const mote_window *g)
{
    /* Channels at once: padding is a row of one channel after the other. */
    const int32_t count = g->x_channel == 1 || b->inside != 0 ? g->in_c : 1;
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            int32_t at[4];
            mote_pairs_offsets(b, ky, kx, at, rows, g);
            for (int32_t c = 0; c < g->in_c; c += count) {
                const int8_t *from[4];
                for (int32_t i = 0; i < 4; i++) {
                    from[i] = at[i] == MOTE_PAIRS_PAD ? pad : x + (at[i] + c * g->x_channel);
                }
                mote_pairs_expand(from, g->x_channel, words, count, 2);
                words += 2 * count;
            }
        }
    }
}

/** Scratch: words [taps][2], sums [filters][4] where raw, a row of padding [in_c]. */
static MOTE_NOINLINE void mote_conv_2d_s8_pairs_run(const mote_pairs_call *call, const mote_pairs_shape *s)
{
    const mote_window *g = &s->window;
    const int32_t used = g->kernel_h * g->kernel_w * g->in_c;
    uint32_t *words = call->scratch;
    int32_t *sums = (int32_t *)call->scratch + 2 * s->taps;
    int8_t *pad = (int8_t *)(sums + (s->raw != 0 ? 4 * g->out_c : 0));
    mote_pairs work = {sums, 4, words, words + 2 * s->taps, call->weights, call->filters, g->out_c, 0};
    work.addend = mote_pairs_addend(&s->requantization);
    memset(pad, (int)s->x_zero_point, (size_t)g->in_c);
    memset(words + 2 * used, 0, (size_t)(8 * (s->taps - used)));
    for (int32_t n = 0; n < g->batch; n++) {
        mote_pairs_walk walk = mote_pairs_begin(&call->rows, g);
        while (walk.pixel < walk.total) {
            mote_pairs_block block;
            int8_t *to = call->y + n * g->y_batch + mote_pairs_next(&walk, &block, g) * g->y_column;
            const int8_t *x = call->x + n * g->x_batch;
            if (g->in_c == 1) {
                mote_conv_2d_s8_pairs_single(&block, 0, x, s->x_zero_point, words, &call->rows, g);
                mote_conv_2d_s8_pairs_single(&block, 2, x, s->x_zero_point, words + 1, &call->rows, g);
            } else {
                mote_conv_2d_s8_pairs_patch(&block, x, pad, words, &call->rows, g);
            }
            if (s->raw == 0) {
                work.out = to;
                work.step = walk.step;
            }
            call->core(&work);
            if (s->raw != 0) {
                call->finish(sums, to, walk.step, 0, g->out_c, call, s);
            }
        }
    }
}

MOTE_INLINE void mote_conv_2d_s8_pairs(mote_pairs_core core, const int8_t *x, int8_t *y, void *scratch,
                                       const int8_t *weights, const int32_t *filters,
                                       const int32_t *multipliers, const int8_t *exponents, mote_rows rows,
                                       mote_pairs_shape s)
{
    const mote_pairs_call call = {
        core, s.raw != 0 ? mote_pairs_finish : NULL, x, y, scratch, weights, filters, NULL,
        multipliers, exponents, rows};
    mote_pairs_all(mote_conv_2d_s8_pairs_run, call, s);
}

#endif
