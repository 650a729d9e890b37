/* SPDX-License-Identifier: 0BSD */
/* Convolution of several groups, int8: dual_conv_2d_s8.h for each of them. */
#ifndef MOTE_GROUPED_DUAL_CONV_2D_S8_H
#define MOTE_GROUPED_DUAL_CONV_2D_S8_H

#include "dual_conv_2d_s8.h"
#include "grouped.h"

typedef struct {
    mote_dual_conv_2d_s8_shape each;
    mote_grouping grouping;
} mote_grouped_dual_conv_2d_s8_shape;

MOTE_INLINE void mote_grouped_dual_conv_2d_s8(mote_dual_pair core, const int8_t *x, int8_t *y,
                                              void *scratch, const int32_t *stream,
                                              const int8_t *exponents, const int32_t *offsets,
                                              mote_rows rows,
                                              const mote_grouped_dual_conv_2d_s8_shape *s)
{
    const mote_grouping g = s->grouping;
    for (int32_t i = 0; i < g.groups; i++) {
        mote_dual_conv_2d_s8(core, x + i * g.x_step, y + i * g.y_step, scratch,
                             stream + i * g.constant_step[0],
                             exponents == NULL ? NULL : exponents + i * g.constant_step[1], offsets, rows,
                             &s->each);
    }
}

#endif
