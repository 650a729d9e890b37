/* SPDX-License-Identifier: 0BSD */
/* The elements of a pool's window. */
#ifndef MOTE_POOL_TAPS_H
#define MOTE_POOL_TAPS_H

#include "window.h"

/** Rows of the input from `top` on, `down` from one to the next; columns are `across` elements apart. */
typedef struct {
    int32_t rows, columns, across;
    int32_t top, down;
    int32_t step; /* elements from a row of the input to the next */
    mote_rows in;
} mote_pool_taps;

/** Where row i of the window lies, in elements from the input's pointer. */
MOTE_INLINE int32_t mote_pool_row(mote_pool_taps t, int32_t i)
{
    return mote_row(t.in, t.top + i * t.down, t.step);
}

#endif
