/* SPDX-License-Identifier: 0BSD */
/* 2-D convolution of one group, int8, two pixels to a multiplication (see pairs.h). */
#ifndef MOTE_CONV_2D_S8_PAIRS_H
#define MOTE_CONV_2D_S8_PAIRS_H

#include "pairs.h"
#include "pairs_core.h"

/** The words of a block's patches, [tap][channel]. */
MOTE_INLINE void mote_conv_2d_s8_pairs_patch(const mote_pairs_block *b, const int8_t *x, const int8_t *pad,
                                             uint32_t *words, const mote_window *g)
{
    const int32_t count = g->x_channel == 1 ? g->in_c : 1; /* channels at once */
    for (int32_t ky = 0; ky < g->kernel_h; ky++) {
        for (int32_t kx = 0; kx < g->kernel_w; kx++) {
            int32_t at[4];
            mote_pairs_offsets(b, ky, kx, at, g);
            for (int32_t c = 0; c < g->in_c; c += count) {
                const int8_t *from[4];
                for (int32_t i = 0; i < 4; i++) {
                    from[i] = at[i] == MOTE_PAIRS_PAD ? pad : x + (at[i] + c * g->x_channel);
                }
                mote_pairs_expand(from, words, count, 2);
                words += 2 * count;
            }
        }
    }
}

/** Scratch: words [taps][2], sums [filters][4] where raw, a row of padding [in_c]. */
static MOTE_NOINLINE void mote_conv_2d_s8_pairs_run(const mote_pairs_call *call, const mote_pairs_shape *s)
{
    const mote_window *g = &s->window;
    uint32_t *words = call->scratch;
    int32_t *sums = (int32_t *)call->scratch + 2 * s->taps;
    int8_t *pad = (int8_t *)(sums + (s->raw != 0 ? 4 * g->out_c : 0));
    mote_pairs work = {sums, 4, words, words + 2 * s->taps, call->weights, call->filters, g->out_c, 0};
    work.addend = mote_pairs_addend(&s->requantization);
    mote_pairs_fill(pad, s->x_zero_point, g->in_c);
    mote_pairs_fill((int8_t *)(words + 2 * g->kernel_h * g->kernel_w * g->in_c), 0,
                    8 * (s->taps - g->kernel_h * g->kernel_w * g->in_c));
    for (int32_t n = 0; n < g->batch; n++) {
        mote_pairs_walk walk = mote_pairs_begin(&call->rows, g);
        while (walk.pixel < walk.total) {
            mote_pairs_block block;
            int8_t *to = call->y + n * g->y_batch + mote_pairs_next(&walk, &block, g) * g->y_column;
            mote_conv_2d_s8_pairs_patch(&block, call->x + n * g->x_batch, pad, words, g);
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
