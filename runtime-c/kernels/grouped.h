/* SPDX-License-Identifier: 0BSD */
/* What a convolution of several groups adds to the shape of one group's call. */
#ifndef MOTE_GROUPED_H
#define MOTE_GROUPED_H

#include "mote_math.h"

/** Steps in elements from one group to the next: in x, in y, and in each constant. */
typedef struct {
    int32_t groups, x_step, y_step;
    int32_t constant_step[4];
} mote_grouping;

#endif
