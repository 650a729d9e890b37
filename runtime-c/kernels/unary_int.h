/* SPDX-License-Identifier: 0BSD */
/* Functions of one integer or one bool, element by element. y may be x. */
#ifndef MOTE_UNARY_INT_H
#define MOTE_UNARY_INT_H

#include "mote_math.h"

typedef struct {
    int32_t count;
} mote_unary_int_shape;

/** EXPRESSION is of an element `v`. */
#define MOTE_UNARY_INT(NAME, TYPE, EXPRESSION)                                                         \
    MOTE_INLINE void mote_##NAME(const TYPE *x, TYPE *y, mote_unary_int_shape s)                       \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const TYPE v = x[i];                                                                       \
            y[i] = (TYPE)(EXPRESSION);                                                                 \
        }                                                                                              \
    }

/** The negative of the lowest number is itself. */
#define MOTE_UNARY_SIGNED(SUFFIX, TYPE, WIDE)                                                          \
    MOTE_UNARY_INT(abs_##SUFFIX, TYPE, v < 0 ? (WIDE)0 - (WIDE)v : (WIDE)v)                            \
    MOTE_UNARY_INT(neg_##SUFFIX, TYPE, (WIDE)0 - (WIDE)v)                                              \
    MOTE_UNARY_INT(sign_##SUFFIX, TYPE, (v > 0) - (v < 0))                                             \
    MOTE_UNARY_INT(bitwise_not_##SUFFIX, TYPE, ~(WIDE)v)

#define MOTE_UNARY_UNSIGNED(SUFFIX, TYPE, WIDE)                                                        \
    MOTE_UNARY_INT(abs_##SUFFIX, TYPE, v)                                                              \
    MOTE_UNARY_INT(neg_##SUFFIX, TYPE, (WIDE)0 - (WIDE)v)                                              \
    MOTE_UNARY_INT(sign_##SUFFIX, TYPE, v != 0)                                                        \
    MOTE_UNARY_INT(bitwise_not_##SUFFIX, TYPE, ~(WIDE)v)

/* int8 that is not quantised is i8. */
MOTE_UNARY_SIGNED(i8, int8_t, uint32_t)
MOTE_UNARY_SIGNED(s16, int16_t, uint32_t)
MOTE_UNARY_SIGNED(s32, int32_t, uint32_t)
MOTE_UNARY_SIGNED(s64, int64_t, uint64_t)
MOTE_UNARY_UNSIGNED(u8, uint8_t, uint32_t)
MOTE_UNARY_UNSIGNED(u16, uint16_t, uint32_t)
MOTE_UNARY_UNSIGNED(u32, uint32_t, uint32_t)
MOTE_UNARY_UNSIGNED(u64, uint64_t, uint64_t)
MOTE_UNARY_INT(not_bool, uint8_t, v == 0u)

#endif
