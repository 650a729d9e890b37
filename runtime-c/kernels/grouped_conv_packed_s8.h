/* SPDX-License-Identifier: 0BSD */
/* Convolutions of several groups, int8: conv_packed_s8.h for each of them. */
#ifndef MOTE_GROUPED_CONV_PACKED_S8_H
#define MOTE_GROUPED_CONV_PACKED_S8_H

#include "conv_packed_s8.h"
#include "grouped.h"

typedef struct {
    mote_conv_packed_s8_shape each;
    mote_grouping grouping;
} mote_grouped_conv_packed_s8_shape;

MOTE_INLINE void mote_grouped_conv_1x1_packed_s8(mote_packed_pairs *core, const int8_t *x, int8_t *y,
                                                 const int32_t *stream, mote_rows rows,
                                                 mote_grouped_conv_packed_s8_shape s)
{
    const mote_grouping g = s.grouping;
    for (int32_t i = 0; i < g.groups; i++) {
        mote_conv_1x1_packed_s8(core, x + i * g.x_step, y + i * g.y_step, stream + i * g.constant_step[0],
                                rows, s.each);
    }
}

MOTE_INLINE void mote_grouped_conv_patches_s8(mote_packed_pairs *core, const int8_t *x, int8_t *y,
                                              void *scratch, const int32_t *stream,
                                              const uint16_t *offsets, mote_rows rows,
                                              mote_grouped_conv_packed_s8_shape s)
{
    const mote_grouping g = s.grouping;
    for (int32_t i = 0; i < g.groups; i++) {
        mote_conv_patches_s8(core, x + i * g.x_step, y + i * g.y_step, scratch,
                             stream + i * g.constant_step[0], offsets, rows, s.each);
    }
}

#endif
