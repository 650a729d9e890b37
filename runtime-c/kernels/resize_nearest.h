/* SPDX-License-Identifier: 0BSD */
/* Rows and columns of an image picked by index, whatever its elements are. */
#ifndef MOTE_RESIZE_NEAREST_H
#define MOTE_RESIZE_NEAREST_H

#include <string.h>

#include "window.h"

/** x: [outer][in_h][in_w][inner]; y: [outer][out_h][out_w][inner]; elements of `size` bytes. */
typedef struct {
    int32_t outer, in_h, in_w, out_h, out_w, inner, size;
} mote_resize_nearest_shape;

/**
 * Rows of one image. indices_h: [out_h], indices_w: [out_w]; NULL where no column moves. A row that comes
 * again is copied.
 */
MOTE_INLINE void mote_resize_nearest_rows(const void *x, void *y, const uint16_t *indices_h,
                                          const uint16_t *indices_w, mote_rows rows,
                                          mote_resize_nearest_shape s)
{
    const int32_t bytes = s.inner * s.size;
    const int32_t row_bytes = s.out_w * bytes;
    uint8_t *to = (uint8_t *)y;
    for (int32_t i = rows.out_begin; i < rows.out_end; i++) {
        const uint8_t *row = (const uint8_t *)x + mote_row(rows, indices_h[i], s.in_w * s.inner) * s.size;
        if (i > rows.out_begin && indices_h[i] == indices_h[i - 1]) {
            memcpy(to, to - row_bytes, (size_t)row_bytes);
        } else if (indices_w == NULL) {
            memcpy(to, row, (size_t)row_bytes);
        } else {
            for (int32_t j = 0; j < s.out_w; j++) {
                memcpy(to + j * bytes, row + indices_w[j] * bytes, (size_t)bytes);
            }
        }
        to += row_bytes;
    }
}

/** All images. */
MOTE_INLINE void mote_resize_nearest(const void *x, void *y, const uint16_t *indices_h,
                                     const uint16_t *indices_w, mote_resize_nearest_shape s)
{
    const mote_rows all = {0, s.out_h, 0, NULL, 0};
    for (int32_t o = 0; o < s.outer; o++) {
        const uint8_t *from = (const uint8_t *)x + o * s.in_h * s.in_w * s.inner * s.size;
        uint8_t *to = (uint8_t *)y + o * s.out_h * s.out_w * s.inner * s.size;
        mote_resize_nearest_rows(from, to, indices_h, indices_w, all, s);
    }
}

#endif
