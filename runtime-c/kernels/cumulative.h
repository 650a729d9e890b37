/* SPDX-License-Identifier: 0BSD */
/* Running sums and products along an axis that is known at run time. y may be x. */
#ifndef MOTE_CUMULATIVE_H
#define MOTE_CUMULATIVE_H

#include "index.h"

/** exclusive: an element is not part of its own result; reverse: from the axis's end on. */
typedef struct {
    int32_t rank, size[8];
    int32_t count; /* elements of x and y */
    int32_t axis_bytes;
    int32_t exclusive, reverse;
} mote_cumulative_shape;

/** Integers wrap: they are combined as unsigned words, WIDE. */
#define MOTE_CUMULATIVE(NAME, TYPE, WIDE, FIRST, OPERATOR)                                             \
    MOTE_INLINE void mote_##NAME(const TYPE *x, const void *axis, TYPE *y, mote_cumulative_shape s)    \
    {                                                                                                  \
        const int32_t along = mote_nearest_index(mote_index_at(axis, 0, s.axis_bytes), s.rank);        \
        const int32_t size = s.size[along];                                                            \
        int32_t inner = 1;                                                                             \
        for (int32_t i = along + 1; i < s.rank; i++) {                                                 \
            inner *= s.size[i];                                                                        \
        }                                                                                              \
        for (int32_t lane = 0; lane < s.count / size; lane++) {                                        \
            const int32_t first = lane / inner * size * inner + lane % inner;                          \
            TYPE acc = FIRST;                                                                          \
            for (int32_t k = 0; k < size; k++) {                                                       \
                const int32_t at = first + (s.reverse != 0 ? size - 1 - k : k) * inner;                \
                const TYPE next = (TYPE)((WIDE)acc OPERATOR(WIDE) x[at]);                              \
                y[at] = s.exclusive != 0 ? acc : next;                                                 \
                acc = next;                                                                            \
            }                                                                                          \
        }                                                                                              \
    }

#define MOTE_CUMULATIVES(SUFFIX, TYPE, WIDE)                                                           \
    MOTE_CUMULATIVE(cumsum_##SUFFIX, TYPE, WIDE, 0, +)                                                 \
    MOTE_CUMULATIVE(cumprod_##SUFFIX, TYPE, WIDE, 1, *)

MOTE_CUMULATIVES(f32, float, float)
MOTE_CUMULATIVES(f64, double, double)
MOTE_CUMULATIVES(s32, int32_t, uint32_t)
MOTE_CUMULATIVES(s64, int64_t, uint64_t)
MOTE_CUMULATIVES(u32, uint32_t, uint32_t)
MOTE_CUMULATIVES(u64, uint64_t, uint64_t)

#endif
