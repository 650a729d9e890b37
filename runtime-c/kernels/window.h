/* SPDX-License-Identifier: 0BSD */
/* Geometry that convolutions and pools share. */
#ifndef MOTE_WINDOW_H
#define MOTE_WINDOW_H

#include "mote_math.h"

/** Sizes in elements; steps in elements from one row, column or channel to the next. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w;
    int32_t x_batch, x_row, x_column, x_channel;
    int32_t y_batch, y_row, y_column, y_channel;
} mote_window;

/**
 * Rows of the output to make, which follow each other from the output's pointer on. Rows of the input
 * follow each other from in_begin on, which is at the input's pointer; or, where `at` is not NULL, row
 * r lies at[r] << shift elements from the input's pointer.
 */
typedef struct {
    int32_t out_begin, out_end, in_begin;
    const uint16_t *at;
    int32_t shift;
} mote_rows;

/** Where a row of the input lies, in elements from the input's pointer; `step` from row to row. */
MOTE_INLINE int32_t mote_row(mote_rows rows, int32_t row, int32_t step)
{
    return rows.at == NULL ? (row - rows.in_begin) * step : (int32_t)rows.at[row] << rows.shift;
}

/** Kernel indices [begin, end) that meet the input when the kernel starts at `start`. */
typedef struct {
    int32_t begin, end;
} mote_range;

MOTE_INLINE mote_range mote_kernel_range(int32_t start, int32_t kernel, int32_t dilation, int32_t size)
{
    mote_range r;
    r.begin = start < 0 ? (dilation - 1 - start) / dilation : 0;
    r.end = (size - start + dilation - 1) / dilation;
    if (r.begin > kernel) {
        r.begin = kernel;
    }
    if (r.end > kernel) {
        r.end = kernel;
    }
    if (r.end < r.begin) {
        r.end = r.begin;
    }
    return r;
}

/** Positions of a window that count when the padding does. */
MOTE_INLINE int32_t mote_padded_extent(int32_t start, int32_t kernel, int32_t dilation, int32_t limit)
{
    const int32_t extent = (limit - start + dilation - 1) / dilation;
    return extent < kernel ? extent : kernel;
}

#endif
