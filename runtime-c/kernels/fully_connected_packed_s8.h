/* SPDX-License-Identifier: 0BSD */
/* Fully connected layers as products of packed matrices, eight filters at a time. */
#ifndef MOTE_FULLY_CONNECTED_PACKED_S8_H
#define MOTE_FULLY_CONNECTED_PACKED_S8_H

#include "packed_s8.h"

typedef void mote_packed_row(const int8_t *x, int8_t *y, const int32_t *stream);

typedef struct {
    int32_t rows, in_features, out_features;
} mote_fully_connected_packed_s8_shape;

MOTE_INLINE void mote_fully_connected_packed_s8(mote_packed_row *core, const int8_t *x, int8_t *y,
                                                const int32_t *stream,
                                                mote_fully_connected_packed_s8_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        core(x + r * s.in_features, y + r * s.out_features, stream);
    }
}

#endif
