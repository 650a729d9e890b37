/* SPDX-License-Identifier: 0BSD */
/* Picks slices of a tensor by index, whatever its elements are. */
#ifndef MOTE_GATHER_H
#define MOTE_GATHER_H

#include <string.h>

#include "index.h"

/** x: [outer][size][bytes]; y: [outer][count][bytes]. */
typedef struct {
    int32_t outer, size, count, bytes;
} mote_gather_shape;

/** Runs with AT, the slice of x for slice i of y. */
#define MOTE_GATHER(s, AT)                                                                             \
    do {                                                                                               \
        const uint8_t *from = (const uint8_t *)x;                                                      \
        uint8_t *to = (uint8_t *)y;                                                                    \
        for (int32_t o = 0; o < (s).outer; o++) {                                                      \
            for (int32_t i = 0; i < (s).count; i++) {                                                  \
                memcpy(to, from + (o * (s).size + (AT)) * (s).bytes, (size_t)(s).bytes);               \
                to += (s).bytes;                                                                       \
            }                                                                                          \
        }                                                                                              \
    } while (0)

/** indices: [count], known to be inside. */
MOTE_INLINE void mote_gather_fixed(const void *x, void *y, const int32_t *indices, mote_gather_shape s)
{
    MOTE_GATHER(s, indices[i]);
}

/** indices: [count]. */
MOTE_INLINE void mote_gather_s32(const void *x, const int32_t *indices, void *y, mote_gather_shape s)
{
    MOTE_GATHER(s, mote_nearest_index(indices[i], s.size));
}

MOTE_INLINE void mote_gather_s64(const void *x, const int64_t *indices, void *y, mote_gather_shape s)
{
    MOTE_GATHER(s, mote_nearest_index(indices[i], s.size));
}

#endif
