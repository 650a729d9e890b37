/* SPDX-License-Identifier: 0BSD */
/* Arithmetic of plain integers with broadcasting. y may be a or b. */
#ifndef MOTE_BINARY_INT_H
#define MOTE_BINARY_INT_H

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
} mote_binary_int_shape;

#define MOTE_BINARY_INT(NAME, TYPE, EXPRESSION)                                                        \
    MOTE_INLINE void mote_##NAME(const TYPE *a, const TYPE *b, TYPE *y, mote_binary_int_shape s)       \
    {                                                                                                  \
        MOTE_BROADCAST(s.broadcast, y[i] = (TYPE)(EXPRESSION));                                        \
    }

/** Sums, differences and products wrap: they are those of unsigned words, WIDE. */
#define MOTE_ARITHMETIC_INT(SUFFIX, TYPE, WIDE)                                                        \
    MOTE_BINARY_INT(add_##SUFFIX, TYPE, (WIDE)a[ia] + (WIDE)b[ib])                                     \
    MOTE_BINARY_INT(sub_##SUFFIX, TYPE, (WIDE)a[ia] - (WIDE)b[ib])                                     \
    MOTE_BINARY_INT(mul_##SUFFIX, TYPE, (WIDE)a[ia] * (WIDE)b[ib])                                     \
    MOTE_BINARY_INT(max_##SUFFIX, TYPE, a[ia] > b[ib] ? a[ia] : b[ib])                                 \
    MOTE_BINARY_INT(min_##SUFFIX, TYPE, a[ia] < b[ib] ? a[ia] : b[ib])                                 \
    MOTE_BINARY_INT(bitwise_and_##SUFFIX, TYPE, a[ia] & b[ib])                                         \
    MOTE_BINARY_INT(bitwise_or_##SUFFIX, TYPE, a[ia] | b[ib])                                          \
    MOTE_BINARY_INT(bitwise_xor_##SUFFIX, TYPE, a[ia] ^ b[ib])                                         \
    MOTE_INLINE WIDE mote_power_of_##SUFFIX(WIDE a, WIDE b)                                            \
    {                                                                                                  \
        WIDE power = 1u;                                                                               \
        for (; b != 0u; b >>= 1, a *= a) {                                                             \
            power = (b & 1u) != 0u ? power * a : power;                                                \
        }                                                                                              \
        return power;                                                                                  \
    }

/** Quotients are truncated; by 0 they are 0, and so is what is left: with b's sign in mod, a's in rem. */
#define MOTE_SIGNED_INT(SUFFIX, TYPE, WIDE)                                                            \
    MOTE_ARITHMETIC_INT(SUFFIX, TYPE, WIDE)                                                            \
    MOTE_INLINE TYPE mote_rem_of_##SUFFIX(TYPE a, TYPE b)                                              \
    {                                                                                                  \
        return (TYPE)(b == 0 || b == -1 ? 0 : a % b);                                                  \
    }                                                                                                  \
    MOTE_INLINE TYPE mote_mod_of_##SUFFIX(TYPE a, TYPE b)                                              \
    {                                                                                                  \
        const TYPE rem = mote_rem_of_##SUFFIX(a, b);                                                   \
        return (TYPE)(rem != 0 && (rem < 0) != (b < 0) ? rem + b : rem);                               \
    }                                                                                                  \
    MOTE_BINARY_INT(div_##SUFFIX, TYPE,                                                                \
                    b[ib] == 0    ? 0                                                                  \
                    : b[ib] == -1 ? (TYPE)((WIDE)0 - (WIDE)a[ia])                                      \
                                  : a[ia] / b[ib])                                                     \
    /** Of a negative exponent the reciprocal, truncated: 0 but for 1 and -1. */                       \
    MOTE_INLINE TYPE mote_pow_of_##SUFFIX(TYPE a, TYPE b)                                              \
    {                                                                                                  \
        if (b < 0) {                                                                                   \
            return (TYPE)(a == 1 ? 1 : (a == -1 ? ((b & 1) != 0 ? -1 : 1) : 0));                       \
        }                                                                                              \
        return (TYPE)mote_power_of_##SUFFIX((WIDE)a, (WIDE)b);                                         \
    }                                                                                                  \
    MOTE_BINARY_INT(pow_##SUFFIX, TYPE, mote_pow_of_##SUFFIX(a[ia], b[ib]))                            \
    /** A shift by all bits or more leaves the sign to the right, 0 to the left. */                    \
    MOTE_INLINE TYPE mote_shift_right_of_##SUFFIX(TYPE a, TYPE b)                                      \
    {                                                                                                  \
        const TYPE bits = (TYPE)(8u * sizeof(TYPE) - 1u);                                              \
        const TYPE by = b < 0 || b > bits ? bits : b;                                                  \
        return (TYPE)(a < 0 ? ~(WIDE)(~(WIDE)a >> by) : (WIDE)a >> by);                                \
    }                                                                                                  \
    MOTE_BINARY_INT(shift_right_##SUFFIX, TYPE, mote_shift_right_of_##SUFFIX(a[ia], b[ib]))            \
    MOTE_BINARY_INT(shift_left_##SUFFIX, TYPE,                                                         \
                    b[ib] < 0 || b[ib] >= (TYPE)(8u * sizeof(TYPE)) ? 0 : (WIDE)a[ia] << b[ib])        \
    MOTE_BINARY_INT(rem_##SUFFIX, TYPE, mote_rem_of_##SUFFIX(a[ia], b[ib]))                            \
    MOTE_BINARY_INT(mod_##SUFFIX, TYPE, mote_mod_of_##SUFFIX(a[ia], b[ib]))

/** A shift by all bits or more leaves 0. */
#define MOTE_UNSIGNED_INT(SUFFIX, TYPE, WIDE)                                                          \
    MOTE_ARITHMETIC_INT(SUFFIX, TYPE, WIDE)                                                            \
    MOTE_BINARY_INT(pow_##SUFFIX, TYPE, mote_power_of_##SUFFIX((WIDE)a[ia], (WIDE)b[ib]))              \
    MOTE_BINARY_INT(div_##SUFFIX, TYPE, b[ib] == 0 ? 0 : a[ia] / b[ib])                                \
    MOTE_BINARY_INT(rem_##SUFFIX, TYPE, b[ib] == 0 ? 0 : a[ia] % b[ib])                                \
    MOTE_BINARY_INT(mod_##SUFFIX, TYPE, b[ib] == 0 ? 0 : a[ia] % b[ib])                                \
    MOTE_BINARY_INT(shift_left_##SUFFIX, TYPE, b[ib] >= 8u * sizeof(TYPE) ? 0 : (WIDE)a[ia] << b[ib])  \
    MOTE_BINARY_INT(shift_right_##SUFFIX, TYPE, b[ib] >= 8u * sizeof(TYPE) ? 0 : a[ia] >> b[ib])

/* int8 that is not quantised is i8. */
MOTE_SIGNED_INT(i8, int8_t, uint32_t)
MOTE_SIGNED_INT(s16, int16_t, uint32_t)
MOTE_SIGNED_INT(s32, int32_t, uint32_t)
MOTE_SIGNED_INT(s64, int64_t, uint64_t)
MOTE_UNSIGNED_INT(u8, uint8_t, uint32_t)
MOTE_UNSIGNED_INT(u16, uint16_t, uint32_t)
MOTE_UNSIGNED_INT(u32, uint32_t, uint32_t)
MOTE_UNSIGNED_INT(u64, uint64_t, uint64_t)

#endif
