/* SPDX-License-Identifier: 0BSD */
/* The sums of eight filters of a fully connected layer, in C. */
#ifndef MOTE_X8_CORE_H
#define MOTE_X8_CORE_H

#include "x8.h"

#define MOTE_X8_CORE(name, filters)                                                                          \
    static MOTE_NOINLINE void name(const uint8_t *x, const uint8_t *end, const uint8_t *weights,             \
                                   int32_t *sums)                                                            \
    {                                                                                                        \
        for (int32_t i = 0; i < (filters); i++) {                                                            \
            uint32_t sum = 0;                                                                                \
            for (int32_t k = 0; k < (int32_t)(end - x); k++) {                                               \
                sum += (uint32_t)x[k] * weights[8 * k + i];                                                  \
            }                                                                                                \
            sums[i] = (int32_t)sum;                                                                          \
        }                                                                                                    \
    }

#endif
