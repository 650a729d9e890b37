/* SPDX-License-Identifier: 0BSD */
/* Geometry of an interpolation along two axes. */
#ifndef MOTE_INTERPOLATE_H
#define MOTE_INTERPOLATE_H

#include "mote_math.h"

/** x: [outer][in_h][in_w][inner]; y: [outer][out_h][out_w][inner]. */
typedef struct {
    int32_t outer, in_h, in_w, out_h, out_w, inner;
    int32_t taps_h, taps_w; /* of one output */
    int32_t extrapolates;   /* whether some begin is -1, which is outside */
} mote_interpolate_shape;

#endif
