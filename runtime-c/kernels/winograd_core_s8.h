/* SPDX-License-Identifier: 0BSD */
/*
 * The products of winograd_conv_2d_s8.h, in C; the folders dsp and v7m have them in assembly, to the
 * same bits.
 */
#ifndef MOTE_WINOGRAD_CORE_S8_H
#define MOTE_WINOGRAD_CORE_S8_H

#include "winograd_s8.h"

/** The stored number of an accumulator in profile fast, which does not leave 32 bits when shifted. */
MOTE_INLINE int8_t mote_winograd_rescale(int32_t acc, int32_t multiplier, mote_requantization r)
{
    return (int8_t)mote_requantize(acc, 0, &multiplier, NULL, r);
}

MOTE_INLINE int32_t mote_winograd_low(uint32_t word)
{
    return (int16_t)(word & 0xFFFFu);
}

/**
 * Defines a function that makes the products of two tiles and four filters, m: [16 positions][2 tiles]
 * [4 filters], of weights u: [16 positions][pair of channels][4 filters]; sums wrap round.
 */
#define MOTE_WINOGRAD_TILES(name, unroll, turns)                                                           \
    static MOTE_NOINLINE void name(const uint32_t *v, const int32_t *u, int32_t *m)                        \
    {                                                                                                      \
        for (int32_t p = 0; p < 16; p++) {                                                                 \
            uint32_t sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};                                                   \
            for (int32_t i = 0; i < (unroll) * (turns); i++) {                                             \
                for (int32_t k = 0; k < 8; k++) {                                                          \
                    const uint32_t x = v[MOTE_WINOGRAD_WORDS * i + 2 * p + k / 4];                         \
                    const uint32_t w = (uint32_t)u[k % 4];                                                 \
                    sums[k] += (uint32_t)(mote_winograd_low(x) * mote_winograd_low(w) +                    \
                                          mote_winograd_low(x >> 16) * mote_winograd_low(w >> 16));        \
                }                                                                                          \
                u += 4;                                                                                    \
            }                                                                                              \
            for (int32_t k = 0; k < 8; k++) {                                                              \
                *m++ = (int32_t)sums[k];                                                                   \
            }                                                                                              \
        }                                                                                                  \
    }

#endif
