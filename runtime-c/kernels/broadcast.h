/* SPDX-License-Identifier: 0BSD */
/* Elementwise loops over two operands with broadcasting, up to four axes. */
#ifndef MOTE_BROADCAST_H
#define MOTE_BROADCAST_H

#include "mote_math.h"

/** Sizes of the result and steps of the operands along each axis; a step of 0 repeats. */
typedef struct {
    int32_t size[4];
    int32_t a[4];
    int32_t b[4];
} mote_broadcast;

/** Runs STATEMENT for every element: `i` of the result, `ia` and `ib` of the operands. */
#define MOTE_BROADCAST(s, STATEMENT)                                                                   \
    do {                                                                                               \
        int32_t i = 0;                                                                                 \
        for (int32_t i0 = 0; i0 < (s).size[0]; i0++) {                                                 \
            for (int32_t i1 = 0; i1 < (s).size[1]; i1++) {                                             \
                for (int32_t i2 = 0; i2 < (s).size[2]; i2++) {                                         \
                    const int32_t a_row = i0 * (s).a[0] + i1 * (s).a[1] + i2 * (s).a[2];               \
                    const int32_t b_row = i0 * (s).b[0] + i1 * (s).b[1] + i2 * (s).b[2];               \
                    for (int32_t i3 = 0; i3 < (s).size[3]; i3++, i++) {                                \
                        const int32_t ia = a_row + i3 * (s).a[3];                                      \
                        const int32_t ib = b_row + i3 * (s).b[3];                                      \
                        STATEMENT;                                                                     \
                    }                                                                                  \
                }                                                                                      \
            }                                                                                          \
        }                                                                                              \
    } while (0)

#endif
