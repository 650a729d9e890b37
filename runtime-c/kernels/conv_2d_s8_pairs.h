/* SPDX-License-Identifier: 0BSD */
/* 2-D convolution of one group, int8, two pixels to a multiplication (see pairs.h). */
#ifndef MOTE_CONV_2D_S8_PAIRS_H
#define MOTE_CONV_2D_S8_PAIRS_H

#include "pairs.h"
#include "pairs_core.h"

/** The words of a block's patches, [tap][channel]. */
MOTE_INLINE void mote_conv_2d_s8_pairs_patch(const mote_pairs_block *b, const int8_t *x, const int8_t *pad,
                                             uint32_t *words, mote_window g)
{
    const int8_t *from[4];
    for (int32_t ky = 0; ky < g.kernel_h; ky++) {
        for (int32_t kx = 0; kx < g.kernel_w; kx++) {
            int32_t channel = 0;
            do { /* all channels at once where they are neighbours */
                for (int32_t i = 0; i < 4; i++) {
                    const int32_t at = mote_pairs_offset(b, i, ky, kx, g);
                    from[i] = at == MOTE_PAIRS_PAD ? pad : x + (at + channel * g.x_channel);
                }
                const int32_t count = g.x_channel == 1 ? g.in_c : 1;
                if (count == 1) {
                    words[0] = (uint32_t)*from[0] + ((uint32_t)*from[1] << 16);
                    words[1] = (uint32_t)*from[2] + ((uint32_t)*from[3] << 16);
                } else {
                    mote_pairs_expand(from, words, count, 2);
                }
                words += 2 * count;
                channel += count;
            } while (channel < g.in_c);
        }
    }
}

/** Scratch: words [taps][2], sums [filters][4] where raw, a row of padding [in_c]. */
MOTE_INLINE void mote_conv_2d_s8_pairs(mote_pairs_core core, const int8_t *x, int8_t *y, void *scratch,
                                       const int8_t *weights, const int32_t *filters,
                                       const int32_t *multipliers, const int8_t *exponents, mote_rows rows,
                                       mote_pairs_shape s)
{
    const mote_window g = s.window;
    uint32_t *words = scratch;
    int32_t *sums = (int32_t *)scratch + 2 * s.taps;
    int8_t *pad = (int8_t *)(sums + (s.raw != 0 ? 4 * g.out_c : 0));
    for (int32_t c = 0; c < g.in_c; c++) {
        pad[c] = (int8_t)s.x_zero_point;
    }
    for (int32_t i = 2 * g.kernel_h * g.kernel_w * g.in_c; i < 2 * s.taps; i++) {
        words[i] = 0;
    }
    for (int32_t n = 0; n < g.batch; n++) {
        mote_pairs_walk walk = mote_pairs_begin(rows, g);
        while (walk.pixel < walk.total) {
            mote_pairs_block block;
            int8_t *to = y + n * g.y_batch + mote_pairs_next(&walk, &block, rows, g) * g.y_column;
            const int32_t step = walk.total < 4 ? 0 : g.y_column;
            mote_conv_2d_s8_pairs_patch(&block, x + n * g.x_batch, pad, words, g);
            const mote_pairs work = {s.raw != 0 ? (void *)sums : (void *)to, step, words,
                                     words + 2 * s.taps, weights, filters, g.out_c,
                                     mote_pairs_addend(s.requantization)};
            core(&work);
            if (s.raw != 0) {
                mote_pairs_finish(sums, to, step, 0, g.out_c, multipliers, exponents, s);
            }
        }
    }
}

#endif
