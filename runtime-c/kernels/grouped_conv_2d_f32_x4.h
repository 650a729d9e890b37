/* SPDX-License-Identifier: 0BSD */
/* Convolution of several groups, float32: conv_2d_f32_x4.h for each of them. */
#ifndef MOTE_GROUPED_CONV_2D_F32_X4_H
#define MOTE_GROUPED_CONV_2D_F32_X4_H

#include "conv_2d_f32_x4.h"
#include "grouped.h"

typedef struct {
    mote_conv_2d_f32_x4_shape each;
    mote_grouping grouping;
} mote_grouped_conv_2d_f32_x4_shape;

MOTE_INLINE void mote_grouped_conv_2d_f32_x4(mote_core_f32_x4_function core, const float *x, float *y,
                                             void *scratch, const float *weights, mote_rows rows,
                                             mote_grouped_conv_2d_f32_x4_shape s)
{
    const mote_grouping g = s.grouping;
    for (int32_t i = 0; i < g.groups; i++) {
        mote_conv_2d_f32_x4(core, x + i * g.x_step, y + i * g.y_step, scratch,
                            weights + i * g.constant_step[0], rows, s.each);
    }
}

#endif
