/* SPDX-License-Identifier: 0BSD */
/* Geometry of an interpolation along two axes. */
#ifndef MOTE_INTERPOLATE_H
#define MOTE_INTERPOLATE_H

#include "window.h"

/** x: [outer][in_h][in_w][inner]; y: [outer][out_h][out_w][inner]. */
typedef struct {
    int32_t outer, in_h, in_w, out_h, out_w, inner;
    int32_t taps_h, taps_w; /* of one output */
    int32_t extrapolates;   /* whether some begin is -1, which is outside */
} mote_interpolate_shape;

/** Where an output's taps of row `row` of the input begin, in elements from the input's pointer. */
MOTE_INLINE int32_t mote_interpolate_at(mote_rows rows, int32_t row, int32_t column, mote_interpolate_shape s)
{
    return mote_row(rows, row, s.in_w * s.inner) + column * s.inner;
}

#endif
