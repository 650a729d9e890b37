/* SPDX-License-Identifier: 0BSD */
/* The upper or lower triangle of matrices; the rest is 0. Elements of 1, 2, 4 or 8 bytes; y may be x. */
#ifndef MOTE_TRILU_H
#define MOTE_TRILU_H

#include "copy.h"

typedef struct {
    int32_t batch, rows, columns;
    int32_t upper;
} mote_trilu_shape;

/** k: of the diagonal that belongs to the triangle; those above the main one are positive. */
#define MOTE_TRILU(BITS)                                                                               \
    MOTE_INLINE void mote_trilu_##BITS(const void *x, const int64_t *k, void *y, mote_trilu_shape s)   \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)x;                              \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        int32_t i = 0;                                                                                 \
        for (int32_t row = 0; row < s.batch * s.rows; row++) {                                         \
            for (int32_t column = 0; column < s.columns; column++, i++) {                              \
                const int32_t above = column - row % s.rows;                                           \
                const int kept = s.upper != 0 ? above >= *k : above <= *k;                             \
                to[i] = kept != 0 ? from[i] : 0;                                                       \
            }                                                                                          \
        }                                                                                              \
    }

MOTE_TRILU(8)
MOTE_TRILU(16)
MOTE_TRILU(32)
MOTE_TRILU(64)

#endif
