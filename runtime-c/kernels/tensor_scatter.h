/* SPDX-License-Identifier: 0BSD */
/* A copy of a cache of sequences into which each batch writes some from an index of its own on. */
#ifndef MOTE_TENSOR_SCATTER_H
#define MOTE_TENSOR_SCATTER_H

#include <string.h>

#include "mote_math.h"

/** x and y: [batch][outer][size][bytes]; update: [batch][outer][count][bytes]; count is at most size. */
typedef struct {
    int32_t batch, outer, size, count, bytes;
    int32_t circular;
} mote_tensor_scatter_shape;

/** starts: [batch]. What lies outside is not written, but where it is circular. y may be x. */
MOTE_INLINE void mote_tensor_scatter(const void *x, const void *update, const int64_t *starts, void *y,
                                     mote_tensor_scatter_shape s)
{
    const uint8_t *from = (const uint8_t *)update;
    if (y != x) {
        memcpy(y, x, (size_t)(s.batch * s.outer * s.size * s.bytes));
    }
    for (int32_t lane = 0; lane < s.batch * s.outer; lane++) {
        uint8_t *to = (uint8_t *)y + lane * s.size * s.bytes;
        const int64_t start = starts[lane / s.outer];
        const int64_t begin = s.circular != 0 ? (start % s.size + s.size) % s.size : start;
        for (int32_t i = 0; i < s.count; i++, from += s.bytes) {
            int64_t at = begin >= s.size ? begin : begin + i;
            if (s.circular != 0 && at >= s.size) {
                at -= s.size;
            }
            if (at >= 0 && at < s.size) {
                memcpy(to + at * s.bytes, from, (size_t)s.bytes);
            }
        }
    }
}

#endif
