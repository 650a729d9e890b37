/* SPDX-License-Identifier: 0BSD */
/* The k largest or smallest elements along an axis, in order, and where they are. */
#ifndef MOTE_TOP_K_H
#define MOTE_TOP_K_H

#include "mote_math.h"

/** x: [outer][size][inner]; y and indices: [outer][k][inner]. Equal elements stay in x's order. */
typedef struct {
    int32_t outer, size, inner, k;
} mote_top_k_shape;

/** Every element is inserted into those kept so far, y itself. */
#define MOTE_TOP_K(NAME, TYPE, OPERATOR)                                                               \
    MOTE_INLINE void mote_##NAME##_lane(const TYPE *x, TYPE *y, int64_t *indices, mote_top_k_shape s)  \
    {                                                                                                  \
        const int32_t step = s.inner;                                                                  \
        for (int32_t n = 0; n < s.size; n++) {                                                         \
            const TYPE v = x[n * step];                                                                \
            int32_t at = n;                                                                            \
            if (n >= s.k) {                                                                            \
                at = s.k - 1;                                                                          \
                if (!(v OPERATOR y[at * step])) {                                                      \
                    continue;                                                                          \
                }                                                                                      \
            }                                                                                          \
            for (; at > 0 && v OPERATOR y[(at - 1) * step]; at--) {                                    \
                y[at * step] = y[(at - 1) * step];                                                     \
                indices[at * step] = indices[(at - 1) * step];                                         \
            }                                                                                          \
            y[at * step] = v;                                                                          \
            indices[at * step] = n;                                                                    \
        }                                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_##NAME(const TYPE *x, TYPE *y, int64_t *indices, mote_top_k_shape s)         \
    {                                                                                                  \
        for (int32_t o = 0; o < s.outer; o++) {                                                        \
            for (int32_t i = 0; i < s.inner; i++) {                                                    \
                const int32_t to = o * s.k * s.inner + i;                                              \
                mote_##NAME##_lane(x + o * s.size * s.inner + i, y + to, indices + to, s);             \
            }                                                                                          \
        }                                                                                              \
    }

#define MOTE_TOP_KS(SUFFIX, TYPE)                                                                      \
    MOTE_TOP_K(top_k_##SUFFIX, TYPE, >)                                                                \
    MOTE_TOP_K(bottom_k_##SUFFIX, TYPE, <)

MOTE_TOP_KS(f32, float)
MOTE_TOP_KS(f64, double)
MOTE_TOP_KS(i8, int8_t)
MOTE_TOP_KS(s16, int16_t)
MOTE_TOP_KS(s32, int32_t)
MOTE_TOP_KS(s64, int64_t)
MOTE_TOP_KS(u8, uint8_t)
MOTE_TOP_KS(u16, uint16_t)
MOTE_TOP_KS(u32, uint32_t)
MOTE_TOP_KS(u64, uint64_t)

#endif
