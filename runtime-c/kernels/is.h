/* SPDX-License-Identifier: 0BSD */
/* Whether floats are infinite, or no numbers. */
#ifndef MOTE_IS_H
#define MOTE_IS_H

#include <math.h>

#include "mote_math.h"

/** Which infinities count. */
typedef struct {
    int32_t count, positive, negative;
} mote_is_shape;

#define MOTE_IS(SUFFIX, TYPE)                                                                          \
    MOTE_INLINE void mote_is_nan_##SUFFIX(const TYPE *x, uint8_t *y, mote_is_shape s)                  \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            y[i] = (uint8_t)(isnan(x[i]) != 0);                                                        \
        }                                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_is_inf_##SUFFIX(const TYPE *x, uint8_t *y, mote_is_shape s)                  \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            y[i] = (uint8_t)(isinf(x[i]) && (x[i] > (TYPE)0 ? s.positive : s.negative) != 0);          \
        }                                                                                              \
    }

MOTE_IS(f32, float)
MOTE_IS(f64, double)

#endif
