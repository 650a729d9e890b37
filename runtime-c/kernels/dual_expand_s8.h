/* SPDX-License-Identifier: 0BSD */
/*
 * How inputs of the packed int8 kernels are laid out as 16-bit numbers,
 * in C; the folder dsp has it in assembly, to the same bits.
 */
#ifndef MOTE_DUAL_EXPAND_S8_H
#define MOTE_DUAL_EXPAND_S8_H

#include "dual_core_s8.h"

/** Four bytes to two words of two 16-bit numbers: 0 and 2, then 1 and 3, `step` halfwords after. */
MOTE_INLINE void mote_dual_expand(const int8_t *x, int16_t *to, int32_t step)
{
    to[0] = x[0];
    to[1] = x[2];
    to[step] = x[1];
    to[step + 1] = x[3];
}

/** How a row becomes a row of planes, two columns a word. In the order of the assembly. */
typedef struct {
    int32_t across; /* bytes from column to column */
    int32_t step;   /* bytes from a channel's plane to the next one's */
    int32_t first;  /* whether one column comes before the pairs of columns, and whether one follows */
    int32_t last;
    int32_t pairs;
} mote_dual_spreading;

/** Defines a function that lays out a row of some channels; its first column goes to `to`. */
#define MOTE_DUAL_SPREAD(name, channels)                                                                   \
    static MOTE_NOINLINE void name(const int8_t *x, int16_t *to, const mote_dual_spreading *s)             \
    {                                                                                                      \
        for (int32_t i = 0; i < s->first + 2 * s->pairs + s->last; i++) {                                  \
            for (int32_t c = 0; c < channels; c++) {                                                       \
                to[c * s->step / 2 + i] = x[i * s->across + c];                                            \
            }                                                                                              \
        }                                                                                                  \
    }
#define MOTE_DUAL_SPREAD_FOUR(name) MOTE_DUAL_SPREAD(name, 4)
#define MOTE_DUAL_SPREAD_TWO(name) MOTE_DUAL_SPREAD(name, 2)

/**
 * Defines a function that lays out inputs of two pixels for MOTE_DUAL_PAIR: `rows` times `count` of them,
 * a multiple of 4, the rows `step` bytes apart.
 */
#define MOTE_DUAL_EXPAND(name)                                                                             \
    static MOTE_NOINLINE void name(const int8_t *x0, const int8_t *x1, int16_t *to, int32_t count,         \
                                   int32_t rows, int32_t step)                                             \
    {                                                                                                      \
        for (int32_t r = 0; r < rows; r++) {                                                               \
            for (int32_t i = 0; i < count; i += 4) {                                                       \
                mote_dual_expand(x0 + r * step + i, to, 4);                                                \
                mote_dual_expand(x1 + r * step + i, to + 2, 4);                                            \
                to += 8;                                                                                   \
            }                                                                                              \
        }                                                                                                  \
    }

/** The same for inputs at `count` offsets, a multiple of 4, from x0 and from x1. */
#define MOTE_DUAL_GATHER(name)                                                                             \
    static MOTE_NOINLINE void name(const int8_t *x0, const int8_t *x1, int16_t *to,                        \
                                   const int32_t *offsets, int32_t count)                                  \
    {                                                                                                      \
        for (int32_t i = 0; i < count; i += 4) {                                                           \
            for (int32_t k = 0; k < 4; k++) {                                                              \
                int16_t *at = to + 2 * i + (k & 1) * 4 + (k >> 1);                                         \
                at[0] = x0[offsets[i + k]];                                                                \
                at[2] = x1[offsets[i + k]];                                                                \
            }                                                                                              \
        }                                                                                                  \
    }

/**
 * Defines a function that lays out `count` inputs, a multiple of 4, for MOTE_DUAL_ROW, the last ones first:
 * the words may overwrite inputs, which then lie at `to` or behind it, but `count` bytes at most.
 */
#define MOTE_DUAL_WORDS(name)                                                                              \
    static MOTE_NOINLINE void name(const int8_t *x, int16_t *to, int32_t count)                            \
    {                                                                                                      \
        for (int32_t i = count - 4; i >= 0; i -= 4) {                                                      \
            const int8_t four[4] = {x[i], x[i + 1], x[i + 2], x[i + 3]};                                   \
            mote_dual_expand(four, to + i, 2);                                                             \
        }                                                                                                  \
    }

/** Defines a function that copies `count` bytes, more than none, that lie `step` bytes apart. */
#define MOTE_DUAL_COPY(name)                                                                               \
    static MOTE_NOINLINE void name(const int8_t *x, int8_t *to, int32_t count, int32_t step)               \
    {                                                                                                      \
        for (int32_t i = 0; i < count; i++) {                                                              \
            to[i] = x[i * step];                                                                           \
        }                                                                                                  \
    }

#endif
