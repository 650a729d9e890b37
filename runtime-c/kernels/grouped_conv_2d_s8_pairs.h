/* SPDX-License-Identifier: 0BSD */
/* Convolution of several groups, int8: conv_2d_s8_pairs.h for each of them. */
#ifndef MOTE_GROUPED_CONV_2D_S8_PAIRS_H
#define MOTE_GROUPED_CONV_2D_S8_PAIRS_H

#include "conv_2d_s8_pairs.h"
#include "grouped.h"

typedef struct {
    mote_pairs_shape each;
    mote_grouping grouping;
} mote_grouped_pairs_shape;

MOTE_INLINE void mote_grouped_conv_2d_s8_pairs(mote_pairs_core core, const int8_t *x, int8_t *y,
                                               void *scratch, const int8_t *weights,
                                               const int32_t *filters, const int32_t *multipliers,
                                               const int8_t *exponents, mote_rows rows,
                                               mote_grouped_pairs_shape s)
{
    const mote_grouping g = s.grouping;
    for (int32_t i = 0; i < g.groups; i++) {
        mote_conv_2d_s8_pairs(core, x + i * g.x_step, y + i * g.y_step, scratch,
                              weights + i * g.constant_step[0], filters + i * g.constant_step[1],
                              multipliers == NULL ? NULL : multipliers + i * g.constant_step[2],
                              exponents == NULL ? NULL : exponents + i * g.constant_step[3], rows, s.each);
    }
}

#endif
