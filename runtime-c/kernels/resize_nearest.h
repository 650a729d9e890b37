/* SPDX-License-Identifier: 0BSD */
/* Rows and columns of an image picked by index, whatever its elements are. */
#ifndef MOTE_RESIZE_NEAREST_H
#define MOTE_RESIZE_NEAREST_H

#include <string.h>

#include "mote_math.h"

/** x: [outer][in_h][in_w][bytes]; y: [outer][out_h][out_w][bytes]. */
typedef struct {
    int32_t outer, in_h, in_w, out_h, out_w, bytes;
} mote_resize_nearest_shape;

/** rows: [out_h], columns: [out_w]; NULL where no column moves. A row that comes again is copied. */
MOTE_INLINE void mote_resize_nearest(const void *x, void *y, const uint16_t *rows, const uint16_t *columns,
                                     mote_resize_nearest_shape s)
{
    const int32_t row_bytes = s.out_w * s.bytes;
    const uint8_t *from = (const uint8_t *)x;
    uint8_t *to = (uint8_t *)y;
    for (int32_t o = 0; o < s.outer; o++) {
        for (int32_t i = 0; i < s.out_h; i++) {
            const uint8_t *row = from + rows[i] * s.in_w * s.bytes;
            if (i > 0 && rows[i] == rows[i - 1]) {
                memcpy(to, to - row_bytes, (size_t)row_bytes);
            } else if (columns == NULL) {
                memcpy(to, row, (size_t)row_bytes);
            } else {
                for (int32_t j = 0; j < s.out_w; j++) {
                    memcpy(to + j * s.bytes, row + columns[j] * s.bytes, (size_t)s.bytes);
                }
            }
            to += row_bytes;
        }
        from += s.in_h * s.in_w * s.bytes;
    }
}

#endif
