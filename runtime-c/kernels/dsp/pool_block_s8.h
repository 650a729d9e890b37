/* SPDX-License-Identifier: 0BSD */
/* A window of a pool over four channels side by side, int8, for cores with DSP instructions. */
#ifndef MOTE_POOL_BLOCK_S8_H
#define MOTE_POOL_BLOCK_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "pool_taps.h"

#include <string.h>

/** Channels of a block, at most. */
#define MOTE_POOL_BLOCK 4

/** The sums of up to 256 elements for each of four channels. */
MOTE_INLINE void mote_pool_sums(const int8_t *x, int16_t *sums, mote_pool_taps t, int32_t channels)
{
    uint32_t even = 0;
    uint32_t odd = 0;
    (void)channels;
    for (int32_t i = 0; i < t.rows; i++) {
        const int8_t *at = x + mote_pool_row(t, i);
        for (int32_t j = 0; j < t.columns; j++) {
            uint32_t word;
            memcpy(&word, at, sizeof word);
            __asm__("sxtab16 %0, %0, %1" : "+r"(even) : "r"(word));
            __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(odd) : "r"(word));
            at += t.across;
        }
    }
    sums[0] = (int16_t)(even & 0xFFFFu);
    sums[1] = (int16_t)(odd & 0xFFFFu);
    sums[2] = (int16_t)(even >> 16);
    sums[3] = (int16_t)(odd >> 16);
}

/** Byte by byte the larger of two. */
MOTE_INLINE uint32_t mote_pool_larger(uint32_t a, uint32_t b)
{
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
    return larger;
}

/** The largest element for each of four channels, clamped. */
MOTE_INLINE void mote_pool_largest(const int8_t *x, int8_t *y, mote_pool_taps t, int32_t channels,
                                   int32_t low, int32_t high)
{
    uint32_t largest = ((uint32_t)low & 0xFFu) * 0x01010101u;
    const uint32_t limit = ((uint32_t)~high & 0xFFu) * 0x01010101u;
    (void)channels;
    for (int32_t i = 0; i < t.rows; i++) {
        const int8_t *at = x + mote_pool_row(t, i);
        for (int32_t j = 0; j < t.columns; j++) {
            uint32_t word;
            memcpy(&word, at, sizeof word);
            largest = mote_pool_larger(largest, word);
            at += t.across;
        }
    }
    if (high < 127) {
        largest = ~mote_pool_larger(~largest, limit);
    }
    memcpy(y, &largest, sizeof largest);
}

#endif
