/* SPDX-License-Identifier: 0BSD */
/* A window of a pool over a few channels side by side, int8; dsp and mve have the same bits faster. */
#ifndef MOTE_POOL_BLOCK_S8_H
#define MOTE_POOL_BLOCK_S8_H

#include "pool_taps.h"

/** Channels of a block, at most. */
#define MOTE_POOL_BLOCK 4

/** The sums of up to 256 elements for each of some channels, 4 or a multiple of it. */
MOTE_INLINE void mote_pool_sums(const int8_t *x, int16_t *sums, mote_pool_taps t, int32_t channels)
{
    for (int32_t c = 0; c < channels; c++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < t.rows; i++) {
            const int8_t *row = x + mote_pool_row(t, i);
            for (int32_t j = 0; j < t.columns; j++) {
                sum += row[j * t.across + c];
            }
        }
        sums[c] = (int16_t)sum;
    }
}

/** The largest element for each of some channels, clamped. */
MOTE_INLINE void mote_pool_largest(const int8_t *x, int8_t *y, mote_pool_taps t, int32_t channels,
                                   int32_t low, int32_t high)
{
    for (int32_t c = 0; c < channels; c++) {
        int32_t largest = low;
        for (int32_t i = 0; i < t.rows; i++) {
            const int8_t *row = x + mote_pool_row(t, i);
            for (int32_t j = 0; j < t.columns; j++) {
                const int32_t q = row[j * t.across + c];
                largest = q > largest ? q : largest;
            }
        }
        y[c] = (int8_t)(largest < high ? largest : high);
    }
}

#endif
