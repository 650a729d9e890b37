/* SPDX-License-Identifier: 0BSD */
/* Where the largest or smallest element is along an axis. */
#ifndef MOTE_ARG_REDUCE_H
#define MOTE_ARG_REDUCE_H

#include "mote_math.h"

/** x: [outer][size][inner]; y: [outer][inner]. Of equal elements the first one counts, or the last. */
typedef struct {
    int32_t outer, size, inner;
    int32_t last;
} mote_arg_reduce_shape;

#define MOTE_ARG_REDUCE(NAME, TYPE, OPERATOR)                                                          \
    MOTE_INLINE void mote_##NAME(const TYPE *x, int64_t *y, mote_arg_reduce_shape s)                   \
    {                                                                                                  \
        for (int32_t o = 0; o < s.outer; o++, x += s.size * s.inner) {                                 \
            for (int32_t i = 0; i < s.inner; i++) {                                                    \
                TYPE best = x[i];                                                                      \
                int32_t at = 0;                                                                        \
                for (int32_t k = 1; k < s.size; k++) {                                                 \
                    const TYPE v = x[k * s.inner + i];                                                 \
                    if (v OPERATOR best || (s.last != 0 && v == best)) {                               \
                        best = v;                                                                      \
                        at = k;                                                                        \
                    }                                                                                  \
                }                                                                                      \
                *y++ = at;                                                                             \
            }                                                                                          \
        }                                                                                              \
    }

#define MOTE_ARG_REDUCES(SUFFIX, TYPE)                                                                 \
    MOTE_ARG_REDUCE(argmax_##SUFFIX, TYPE, >)                                                          \
    MOTE_ARG_REDUCE(argmin_##SUFFIX, TYPE, <)

MOTE_ARG_REDUCES(f32, float)
MOTE_ARG_REDUCES(f64, double)
MOTE_ARG_REDUCES(i8, int8_t)
MOTE_ARG_REDUCES(s16, int16_t)
MOTE_ARG_REDUCES(s32, int32_t)
MOTE_ARG_REDUCES(s64, int64_t)
MOTE_ARG_REDUCES(u8, uint8_t)
MOTE_ARG_REDUCES(u16, uint16_t)
MOTE_ARG_REDUCES(u32, uint32_t)
MOTE_ARG_REDUCES(u64, uint64_t)

#endif
