/* SPDX-License-Identifier: 0BSD */
/* One value at an index along an axis, another everywhere else. Elements of 1, 2, 4 or 8 bytes. */
#ifndef MOTE_ONE_HOT_H
#define MOTE_ONE_HOT_H

#include "copy.h"
#include "index.h"

/** indices: [outer][inner]; y: [outer][depth][inner]. */
typedef struct {
    int32_t outer, depth, inner;
    int32_t index_bytes;
} mote_one_hot_shape;

/** values: what stands off the index, and at it. Indices outside are nowhere. */
#define MOTE_ONE_HOT(BITS)                                                                             \
    MOTE_INLINE void mote_one_hot_##BITS(const void *indices, const void *values, void *y,             \
                                         mote_one_hot_shape s)                                         \
    {                                                                                                  \
        const mote_element_##BITS *off_on = (const mote_element_##BITS *)values;                       \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        for (int32_t o = 0; o < s.outer; o++) {                                                        \
            for (int32_t d = 0; d < s.depth; d++) {                                                    \
                for (int32_t i = 0; i < s.inner; i++) {                                                \
                    const int64_t index = mote_index_at(indices, o * s.inner + i, s.index_bytes);      \
                    *to++ = off_on[index == d || index == d - s.depth ? 1 : 0];                        \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    }

MOTE_ONE_HOT(8)
MOTE_ONE_HOT(16)
MOTE_ONE_HOT(32)
MOTE_ONE_HOT(64)

#endif
