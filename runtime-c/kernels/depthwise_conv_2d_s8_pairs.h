/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution, int8, two pixels to a multiplication (see pairs.h), eight filters at a time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_S8_PAIRS_H
#define MOTE_DEPTHWISE_CONV_2D_S8_PAIRS_H

#include "pairs.h"
#include "pairs_core.h"

/** The words of eight filters or fewer, [filter][tap], from the offsets [tap][4] of channel 0. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_pairs_patch(const int32_t *offsets, const int8_t *x,
                                                       const int8_t *pad, uint32_t *words, int32_t first,
                                                       int32_t count, const mote_pairs_shape *s)
{
    const mote_window *g = &s->window;
    const int32_t kernel = g->kernel_h * g->kernel_w;
    /* Filters whose channels are neighbours. */
    const int32_t run = s->multiplier == 1 && g->x_channel == 1 ? count : 1;
    for (int32_t f = 0; f < count; f += run) {
        const int32_t channel = s->multiplier == 1 ? first + f : (first + f) / s->multiplier;
        const int8_t *base = x + channel * g->x_channel;
        uint32_t *to = words + 2 * f * s->taps;
        const int32_t *at = offsets;
        for (int32_t t = 0; t < kernel; t++) {
            const int8_t *from[4];
            for (int32_t i = 0; i < 4; i++) {
                from[i] = at[i] == MOTE_PAIRS_PAD ? pad : base + at[i];
            }
            mote_pairs_expand(from, 1, to, run, 2 * s->taps);
            to += 2;
            at += 4;
        }
    }
}

/** Scratch: offsets [kernel][4], words [8][taps][2], sums [8][4] where raw, padding [8]. */
static MOTE_NOINLINE void mote_depthwise_conv_2d_s8_pairs_run(const mote_pairs_call *call,
                                                              const mote_pairs_shape *s)
{
    const mote_window *g = &s->window;
    int32_t *offsets = call->scratch;
    uint32_t *words = (uint32_t *)call->scratch + 4 * g->kernel_h * g->kernel_w;
    int32_t *sums = (int32_t *)words + 16 * s->taps;
    int8_t *pad = (int8_t *)(sums + (s->raw != 0 ? 32 : 0));
    mote_pairs work = {sums, 4, words, words + 2 * s->taps, NULL, NULL, 8, 0};
    work.addend = mote_pairs_addend(&s->requantization);
    memset(pad, (int)s->x_zero_point, 8);
    memset(words, 0, (size_t)(64 * s->taps));
    for (int32_t n = 0; n < g->batch; n++) {
        mote_pairs_walk walk = mote_pairs_begin(&call->rows, g);
        while (walk.pixel < walk.total) {
            mote_pairs_block block;
            const int8_t *x = call->x + n * g->x_batch;
            int8_t *to = call->y + n * g->y_batch + mote_pairs_next(&walk, &block, g) * g->y_column;
            for (int32_t ky = 0; ky < g->kernel_h; ky++) {
                for (int32_t kx = 0; kx < g->kernel_w; kx++) {
                    mote_pairs_offsets(&block, ky, kx, offsets + 4 * (ky * g->kernel_w + kx), &call->rows,
                                       g);
                }
            }
            for (int32_t f = 0; f < g->out_c; f += 8) {
                work.count = g->out_c - f < 8 ? g->out_c - f : 8;
                mote_depthwise_conv_2d_s8_pairs_patch(offsets, x, pad, words, f, work.count, s);
                if (s->raw == 0) {
                    work.out = to + f;
                    work.step = walk.step;
                }
                work.weights = call->weights + f * s->taps;
                work.filters = call->filters + call->starts[f >> 3];
                call->core(&work);
                if (s->raw != 0) {
                    call->finish(sums, to + f * g->y_channel, walk.step, f, work.count, call, s);
                }
            }
        }
    }
}

MOTE_INLINE void mote_depthwise_conv_2d_s8_pairs(mote_pairs_core core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int8_t *weights,
                                                 const int32_t *filters, const int32_t *starts,
                                                 const int32_t *multipliers, const int8_t *exponents,
                                                 mote_rows rows, mote_pairs_shape s)
{
    const mote_pairs_call call = {
        core, s.raw != 0 ? mote_pairs_finish : NULL, x, y, scratch, weights, filters, starts,
        multipliers, exponents, rows};
    mote_pairs_all(mote_depthwise_conv_2d_s8_pairs_run, call, s);
}

#endif
