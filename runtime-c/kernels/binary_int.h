/* SPDX-License-Identifier: 0BSD */
/* Arithmetic of plain integers with broadcasting, as for indices and sizes. y may be a or b. */
#ifndef MOTE_BINARY_INT_H
#define MOTE_BINARY_INT_H

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
} mote_binary_int_shape;

/** Sums and products wrap; a quotient is truncated, and 0 where the divisor is. */
#define MOTE_BINARY_INT(NAME, TYPE, EXPRESSION)                                                        \
    MOTE_INLINE void mote_##NAME(const TYPE *a, const TYPE *b, TYPE *y, mote_binary_int_shape s)       \
    {                                                                                                  \
        MOTE_BROADCAST(s.broadcast, y[i] = (TYPE)(EXPRESSION));                                        \
    }

MOTE_BINARY_INT(add_s32, int32_t, (uint32_t)a[ia] + (uint32_t)b[ib])
MOTE_BINARY_INT(sub_s32, int32_t, (uint32_t)a[ia] - (uint32_t)b[ib])
MOTE_BINARY_INT(mul_s32, int32_t, (uint32_t)a[ia] * (uint32_t)b[ib])
MOTE_BINARY_INT(div_s32, int32_t,
                b[ib] == 0 ? 0 : (b[ib] == -1 ? (int32_t)(0u - (uint32_t)a[ia]) : a[ia] / b[ib]))
MOTE_BINARY_INT(max_s32, int32_t, a[ia] > b[ib] ? a[ia] : b[ib])
MOTE_BINARY_INT(min_s32, int32_t, a[ia] < b[ib] ? a[ia] : b[ib])
MOTE_BINARY_INT(add_s64, int64_t, (uint64_t)a[ia] + (uint64_t)b[ib])
MOTE_BINARY_INT(sub_s64, int64_t, (uint64_t)a[ia] - (uint64_t)b[ib])
MOTE_BINARY_INT(mul_s64, int64_t, (uint64_t)a[ia] * (uint64_t)b[ib])
MOTE_BINARY_INT(div_s64, int64_t,
                b[ib] == 0 ? 0 : (b[ib] == -1 ? (int64_t)(0u - (uint64_t)a[ia]) : a[ia] / b[ib]))
MOTE_BINARY_INT(max_s64, int64_t, a[ia] > b[ib] ? a[ia] : b[ib])
MOTE_BINARY_INT(min_s64, int64_t, a[ia] < b[ib] ? a[ia] : b[ib])

#endif
