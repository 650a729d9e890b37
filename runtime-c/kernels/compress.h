/* SPDX-License-Identifier: 0BSD */
/* The slices of a tensor for which a condition holds, in order; zeros behind them. */
#ifndef MOTE_COMPRESS_H
#define MOTE_COMPRESS_H

#include <string.h>

#include "mote_math.h"

/** x: [outer][size][bytes]; condition: [length], no more than size; y: [outer][count][bytes]. */
typedef struct {
    int32_t outer, size, bytes;
    int32_t length, count;
} mote_compress_shape;

MOTE_INLINE void mote_compress(const void *x, const uint8_t *condition, void *y, mote_compress_shape s)
{
    for (int32_t o = 0; o < s.outer; o++) {
        const uint8_t *from = (const uint8_t *)x + o * s.size * s.bytes;
        uint8_t *to = (uint8_t *)y + o * s.count * s.bytes;
        int32_t found = 0;
        for (int32_t i = 0; i < s.length && found < s.count; i++) {
            if (condition[i] != 0) {
                memcpy(to + found * s.bytes, from + i * s.bytes, (size_t)s.bytes);
                found++;
            }
        }
        memset(to + found * s.bytes, 0, (size_t)((s.count - found) * s.bytes));
    }
}

#endif
