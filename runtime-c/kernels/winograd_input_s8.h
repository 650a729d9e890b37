/* SPDX-License-Identifier: 0BSD */
/*
 * The transform of inputs of winograd_conv_2d_s8.h, in C; the folder dsp has it for cores with DSP
 * instructions, to the same bits.
 */
#ifndef MOTE_WINOGRAD_INPUT_S8_H
#define MOTE_WINOGRAD_INPUT_S8_H

#include "winograd_s8.h"

MOTE_INLINE uint32_t mote_winograd_halves(uint32_t low, uint32_t high)
{
    return (low & 0xFFFFu) | high << 16;
}

MOTE_INLINE uint32_t mote_winograd_add(uint32_t a, uint32_t b)
{
    return mote_winograd_halves(a + b, (a >> 16) + (b >> 16));
}

MOTE_INLINE uint32_t mote_winograd_sub(uint32_t a, uint32_t b)
{
    return mote_winograd_halves(a - b, (a >> 16) - (b >> 16));
}

/** Four bytes to words of numbers 0 and 2, then of 1 and 3. */
MOTE_INLINE void mote_winograd_expand(const int8_t *x, uint32_t *even, uint32_t *odd)
{
    *even = mote_winograd_halves((uint32_t)x[0], (uint32_t)x[2]);
    *odd = mote_winograd_halves((uint32_t)x[1], (uint32_t)x[3]);
}

/** Transforms the rows of column `k`; two channels of every four, those at `odd`. */
MOTE_INLINE void mote_winograd_column(const mote_winograd_patch *from, int32_t quad, int32_t k, int32_t odd,
                                      uint32_t *t)
{
    uint32_t d[4];
    for (int32_t r = 0; r < 4; r++) {
        uint32_t words[2];
        const int8_t *row = r == 0 ? from->x : from->x + from->rows[r - 1];
        mote_winograd_expand(row + k * from->column + 4 * quad, &words[0], &words[1]);
        d[r] = words[odd];
    }
    t[0] = mote_winograd_sub(d[0], d[2]);
    t[1] = mote_winograd_add(d[1], d[2]);
    t[2] = mote_winograd_sub(d[2], d[1]);
    t[3] = mote_winograd_sub(d[1], d[3]);
}

/** Transforms two tiles that share two columns. */
static MOTE_NOINLINE void mote_winograd_input(const mote_winograd_patch *from, uint32_t *v)
{
    for (int32_t i = 0; i < 2 * from->quads; i++) {
        uint32_t t[6][4];
        for (int32_t k = 0; k < 6; k++) {
            mote_winograd_column(from, i / 2, k, i % 2, t[k]);
        }
        for (int32_t r = 0; r < 4; r++) {
            for (int32_t tile = 0; tile < 2; tile++) {
                const int32_t k = 2 * tile;
                v[8 * r + tile] = mote_winograd_sub(t[k][r], t[k + 2][r]);
                v[8 * r + tile + 2] = mote_winograd_add(t[k + 1][r], t[k + 2][r]);
                v[8 * r + tile + 4] = mote_winograd_sub(t[k + 2][r], t[k + 1][r]);
                v[8 * r + tile + 6] = mote_winograd_sub(t[k + 1][r], t[k + 3][r]);
            }
        }
        v += MOTE_WINOGRAD_WORDS;
    }
}

#endif
