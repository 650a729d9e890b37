/* SPDX-License-Identifier: 0BSD */
/* Where a tensor of truths is true: the indices along each axis; zeros behind them. */
#ifndef MOTE_NON_ZERO_H
#define MOTE_NON_ZERO_H

#include "mote_math.h"

/** y: [rank][most]. */
typedef struct {
    int32_t count; /* elements of x */
    int32_t rank, size[8];
    int32_t most;
} mote_non_zero_shape;

MOTE_INLINE void mote_non_zero(const uint8_t *x, int64_t *y, mote_non_zero_shape s)
{
    int32_t found = 0;
    for (int32_t i = 0; i < s.count && found < s.most; i++) {
        int32_t rest = i;
        if (x[i] != 0) {
            for (int32_t axis = s.rank - 1; axis >= 0; axis--) {
                y[axis * s.most + found] = rest % s.size[axis];
                rest /= s.size[axis];
            }
            found++;
        }
    }
    for (; found < s.most; found++) {
        for (int32_t axis = 0; axis < s.rank; axis++) {
            y[axis * s.most + found] = 0;
        }
    }
}

#endif
