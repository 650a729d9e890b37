/* SPDX-License-Identifier: 0BSD */
/* Any function of int8 by table. */
#ifndef MOTE_LOOKUP_S8_H
#define MOTE_LOOKUP_S8_H

#include "mote.h"

typedef struct {
    int32_t count;
} mote_lookup_s8_shape;

/** table: [256], for stored inputs -128 to 127. y may be x. */
MOTE_INLINE void mote_lookup_s8(const int8_t *x, int8_t *y, const int8_t *table, mote_lookup_s8_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = table[x[i] + 128];
    }
}

#endif
