/* SPDX-License-Identifier: 0BSD */
/* Comparisons and logic with broadcasting; the result is 0 or 1. */
#ifndef MOTE_COMPARE_H
#define MOTE_COMPARE_H

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
} mote_compare_shape;

#define MOTE_COMPARE(NAME, TYPE, OPERATOR)                                                             \
    MOTE_INLINE void mote_##NAME(const TYPE *a, const TYPE *b, uint8_t *y, mote_compare_shape s)       \
    {                                                                                                  \
        MOTE_BROADCAST(s.broadcast, y[i] = a[ia] OPERATOR b[ib]);                                      \
    }

#define MOTE_COMPARES(SUFFIX, TYPE)                                                                    \
    MOTE_COMPARE(equal_##SUFFIX, TYPE, ==)                                                             \
    MOTE_COMPARE(less_##SUFFIX, TYPE, <)                                                               \
    MOTE_COMPARE(less_or_equal_##SUFFIX, TYPE, <=)                                                     \
    MOTE_COMPARE(greater_##SUFFIX, TYPE, >)                                                            \
    MOTE_COMPARE(greater_or_equal_##SUFFIX, TYPE, >=)

MOTE_COMPARES(f32, float)
MOTE_COMPARES(f64, double)
MOTE_COMPARES(i8, int8_t)
MOTE_COMPARES(s16, int16_t)
MOTE_COMPARES(s32, int32_t)
MOTE_COMPARES(s64, int64_t)
MOTE_COMPARES(u8, uint8_t)
MOTE_COMPARES(u16, uint16_t)
MOTE_COMPARES(u32, uint32_t)
MOTE_COMPARES(u64, uint64_t)
MOTE_COMPARE(and_bool, uint8_t, &&)
MOTE_COMPARE(or_bool, uint8_t, ||)
MOTE_COMPARE(xor_bool, uint8_t, !=)
MOTE_COMPARE(equal_bool, uint8_t, ==)

#endif
