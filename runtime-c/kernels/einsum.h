/* SPDX-License-Identifier: 0BSD */
/* Sums of products of two tensors over any axes: Einstein's notation. */
#ifndef MOTE_EINSUM_H
#define MOTE_EINSUM_H

#include "mote_math.h"

/**
 * Sizes of y's axes and of those that are summed over, with the steps of a and b along them: 0 where an
 * operand has not the axis, more than one of its own where it has it twice.
 */
typedef struct {
    int32_t kept[8], kept_a[8], kept_b[8];
    int32_t summed[4], summed_a[4], summed_b[4];
    int32_t count; /* elements of y */
} mote_einsum_shape;

/** Where element i of y begins in an operand that steps so. */
MOTE_INLINE int32_t mote_einsum_at(int32_t i, const int32_t *kept, const int32_t *steps)
{
    int32_t at = 0;
    for (int32_t axis = 7; axis >= 0; axis--) {
        at += i % kept[axis] * steps[axis];
        i /= kept[axis];
    }
    return at;
}

/** Integers wrap: they are combined as unsigned words, WIDE. */
#define MOTE_EINSUM(SUFFIX, TYPE, WIDE)                                                                \
    MOTE_INLINE TYPE mote_einsum_sum_##SUFFIX(const TYPE *a, const TYPE *b, mote_einsum_shape s)       \
    {                                                                                                  \
        WIDE sum = 0;                                                                                  \
        for (int32_t i0 = 0; i0 < s.summed[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < s.summed[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < s.summed[2]; i2++) {                                         \
                    const TYPE *u =                                                                    \
                        a + i0 * s.summed_a[0] + i1 * s.summed_a[1] + i2 * s.summed_a[2];              \
                    const TYPE *v =                                                                    \
                        b + i0 * s.summed_b[0] + i1 * s.summed_b[1] + i2 * s.summed_b[2];              \
                    for (int32_t i3 = 0; i3 < s.summed[3]; i3++) {                                     \
                        sum += (WIDE)u[i3 * s.summed_a[3]] * (WIDE)v[i3 * s.summed_b[3]];              \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
        return (TYPE)sum;                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_einsum_##SUFFIX(const TYPE *a, const TYPE *b, TYPE *y, mote_einsum_shape s)  \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const TYPE *from_a = a + mote_einsum_at(i, s.kept, s.kept_a);                              \
            const TYPE *from_b = b + mote_einsum_at(i, s.kept, s.kept_b);                              \
            y[i] = mote_einsum_sum_##SUFFIX(from_a, from_b, s);                                        \
        }                                                                                              \
    }

MOTE_EINSUM(f32, float, float)
MOTE_EINSUM(f64, double, double)
MOTE_EINSUM(i8, int8_t, uint32_t)
MOTE_EINSUM(s16, int16_t, uint32_t)
MOTE_EINSUM(s32, int32_t, uint32_t)
MOTE_EINSUM(s64, int64_t, uint64_t)
MOTE_EINSUM(u8, uint8_t, uint32_t)
MOTE_EINSUM(u16, uint16_t, uint32_t)
MOTE_EINSUM(u32, uint32_t, uint32_t)
MOTE_EINSUM(u64, uint64_t, uint64_t)

#endif
