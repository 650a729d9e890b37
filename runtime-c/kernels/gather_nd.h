/* SPDX-License-Identifier: 0BSD */
/* Picks slices of a tensor by tuples of indices, whatever its elements are. */
#ifndef MOTE_GATHER_ND_H
#define MOTE_GATHER_ND_H

#include <string.h>

#include "index.h"

/** indices: [batch][count][depth]; x: [batch][x_bytes], tuples step in bytes; y: [batch][count][bytes]. */
typedef struct {
    int32_t batch, count, x_bytes, bytes;
    mote_tuples tuples;
} mote_gather_nd_shape;

MOTE_INLINE void mote_gather_nd(const void *x, const void *indices, void *y, mote_gather_nd_shape s)
{
    uint8_t *to = (uint8_t *)y;
    for (int32_t b = 0; b < s.batch; b++) {
        const uint8_t *from = (const uint8_t *)x + b * s.x_bytes;
        for (int32_t i = 0; i < s.count; i++) {
            const int32_t at = mote_tuple_at(indices, b * s.count + i, s.tuples);
            memcpy(to, from + at, (size_t)s.bytes);
            to += s.bytes;
        }
    }
}

#endif
