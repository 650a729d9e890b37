/* SPDX-License-Identifier: 0BSD */
/* Elements put back to where a max pool took them from, whatever they are. */
#ifndef MOTE_MAX_UNPOOL_H
#define MOTE_MAX_UNPOOL_H

#include "copy.h"

/** The indices are those of [planes][pooled]; y: [planes][out], of which the pooled part is a corner. */
typedef struct {
    int32_t count, planes;
    int32_t pooled[3], out[3];
} mote_max_unpool_shape;

/** x, indices: [count]; indices outside are passed over. */
#define MOTE_MAX_UNPOOL(BITS)                                                                          \
    MOTE_INLINE void mote_max_unpool_##BITS(const void *x, const int64_t *indices, void *y,            \
                                            mote_max_unpool_shape s)                                   \
    {                                                                                                  \
        const mote_element_##BITS *from = (const mote_element_##BITS *)x;                              \
        mote_element_##BITS *to = (mote_element_##BITS *)y;                                            \
        const int32_t size = s.pooled[0] * s.pooled[1] * s.pooled[2];                                  \
        memset(y, 0, (size_t)(s.planes * s.out[0] * s.out[1] * s.out[2]) * sizeof *to);                \
        for (int32_t n = 0; n < s.count; n++) {                                                        \
            if (indices[n] >= 0 && indices[n] < (int64_t)s.planes * size) {                            \
                const int32_t index = (int32_t)indices[n];                                             \
                const int32_t i0 = index / (s.pooled[1] * s.pooled[2]) % s.pooled[0];                  \
                const int32_t i1 = index / s.pooled[2] % s.pooled[1];                                  \
                const int32_t row = (index / size * s.out[0] + i0) * s.out[1] + i1;                    \
                to[row * s.out[2] + index % s.pooled[2]] = from[n];                                    \
            }                                                                                          \
        }                                                                                              \
    }

MOTE_MAX_UNPOOL(16)
MOTE_MAX_UNPOOL(32)
MOTE_MAX_UNPOOL(64)

#endif
