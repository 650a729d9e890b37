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

MOTE_COMPARE(equal_f32, float, ==)
MOTE_COMPARE(less_f32, float, <)
MOTE_COMPARE(less_or_equal_f32, float, <=)
MOTE_COMPARE(greater_f32, float, >)
MOTE_COMPARE(greater_or_equal_f32, float, >=)
MOTE_COMPARE(equal_s32, int32_t, ==)
MOTE_COMPARE(less_s32, int32_t, <)
MOTE_COMPARE(less_or_equal_s32, int32_t, <=)
MOTE_COMPARE(greater_s32, int32_t, >)
MOTE_COMPARE(greater_or_equal_s32, int32_t, >=)
MOTE_COMPARE(equal_s64, int64_t, ==)
MOTE_COMPARE(less_s64, int64_t, <)
MOTE_COMPARE(less_or_equal_s64, int64_t, <=)
MOTE_COMPARE(greater_s64, int64_t, >)
MOTE_COMPARE(greater_or_equal_s64, int64_t, >=)
MOTE_COMPARE(and_bool, uint8_t, &&)
MOTE_COMPARE(or_bool, uint8_t, ||)
MOTE_COMPARE(xor_bool, uint8_t, !=)
MOTE_COMPARE(equal_bool, uint8_t, ==)

#endif
