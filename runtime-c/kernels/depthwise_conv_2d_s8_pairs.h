/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution, int8, two pixels to a multiplication (see pairs.h), eight filters at a time. */
#ifndef MOTE_DEPTHWISE_CONV_2D_S8_PAIRS_H
#define MOTE_DEPTHWISE_CONV_2D_S8_PAIRS_H

#include "pairs.h"
#include "pairs_core.h"

/** The words of eight filters or fewer, [filter][tap], from the offsets [tap][4] of channel 0. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_pairs_patch(const int32_t *offsets, const int8_t *x,
                                                       const int8_t *pad, uint32_t *words, int32_t first,
                                                       int32_t count, mote_pairs_shape s)
{
    const int32_t kernel = s.window.kernel_h * s.window.kernel_w;
    /* Filters whose channels are neighbours. */
    const int32_t run = s.multiplier == 1 && s.window.x_channel == 1 ? count : 1;
    for (int32_t t = 0; t < kernel; t++) {
        for (int32_t f = 0; f < count; f += run) {
            const int8_t *from[4];
            for (int32_t i = 0; i < 4; i++) {
                const int32_t at = offsets[4 * t + i];
                from[i] = at == MOTE_PAIRS_PAD ? pad : x + (at + (first + f) / s.multiplier * s.window.x_channel);
            }
            mote_pairs_expand(from, words + 2 * (f * s.taps + t), run, 2 * s.taps);
        }
    }
}

/** Scratch: offsets [kernel][4], words [8][taps][2], sums [8][4] where raw, padding [8]. */
MOTE_INLINE void mote_depthwise_conv_2d_s8_pairs(mote_pairs_core core, const int8_t *x, int8_t *y,
                                                 void *scratch, const int8_t *weights,
                                                 const int32_t *filters, const int32_t *starts,
                                                 const int32_t *multipliers, const int8_t *exponents,
                                                 mote_rows rows, mote_pairs_shape s)
{
    const mote_window g = s.window;
    const int32_t kernel = g.kernel_h * g.kernel_w;
    int32_t *offsets = scratch;
    uint32_t *words = (uint32_t *)scratch + 4 * kernel;
    int32_t *sums = (int32_t *)words + 16 * s.taps;
    int8_t *pad = (int8_t *)(sums + (s.raw != 0 ? 32 : 0));
    for (int32_t c = 0; c < 8; c++) {
        pad[c] = (int8_t)s.x_zero_point;
    }
    for (int32_t i = 0; i < 16 * s.taps; i++) {
        words[i] = 0;
    }
    for (int32_t n = 0; n < g.batch; n++) {
        mote_pairs_walk walk = mote_pairs_begin(rows, g);
        while (walk.pixel < walk.total) {
            mote_pairs_block block;
            int8_t *to = y + n * g.y_batch + mote_pairs_next(&walk, &block, rows, g) * g.y_column;
            const int32_t step = walk.total < 4 ? 0 : g.y_column;
            for (int32_t ky = 0; ky < g.kernel_h; ky++) {
                for (int32_t kx = 0; kx < g.kernel_w; kx++) {
                    for (int32_t i = 0; i < 4; i++) {
                        offsets[4 * (ky * g.kernel_w + kx) + i] = mote_pairs_offset(&block, i, ky, kx, g);
                    }
                }
            }
            for (int32_t f = 0; f < g.out_c; f += 8) {
                const int32_t count = g.out_c - f < 8 ? g.out_c - f : 8;
                mote_depthwise_conv_2d_s8_pairs_patch(offsets, x + n * g.x_batch, pad, words, f, count, s);
                const mote_pairs work = {s.raw != 0 ? (void *)sums : (void *)(to + f), step, words,
                                         words + 2 * s.taps, weights + f * s.taps, filters + starts[f / 8],
                                         count, mote_pairs_addend(s.requantization)};
                core(&work);
                if (s.raw != 0) {
                    mote_pairs_finish(sums, to + f * g.y_channel, step, f, count, multipliers, exponents, s);
                }
            }
        }
    }
}

#endif
