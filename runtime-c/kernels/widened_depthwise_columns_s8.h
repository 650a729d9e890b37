/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any multiplier and layout, int8: depthwise_columns_s8.h on copied rows. */
#ifndef MOTE_WIDENED_DEPTHWISE_COLUMNS_S8_H
#define MOTE_WIDENED_DEPTHWISE_COLUMNS_S8_H

#include "depthwise_columns_s8.h"
#include "widened.h"

typedef struct {
    mote_depthwise_columns_s8_shape each;
    mote_widening widening;
} mote_widened_depthwise_columns_s8_shape;

MOTE_INLINE void mote_widened_depthwise_columns_s8(mote_columns_core *core, const int8_t *x, int8_t *y,
                                                   void *scratch, const int32_t *stream, mote_rows rows,
                                                   mote_widened_depthwise_columns_s8_shape s)
{
    const mote_widening w = s.widening;
    const mote_window g = w.window;
    int8_t *const in = (int8_t *)(void *)((uint8_t *)scratch + w.in_offset);
    int8_t *const out = (int8_t *)(void *)((uint8_t *)scratch + w.out_offset);
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy += w.band) {
            const mote_rows band = mote_widened_band(oy, rows, w);
            int8_t *to = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row;
            mote_widen_s8(x + n * g.x_batch, in, rows, band, w);
            mote_depthwise_columns_s8(core, in, w.direct != 0 ? to : out, scratch, stream, band, s.each);
            if (w.direct == 0) {
                mote_narrow_s8(out, to, band, w);
            }
        }
    }
}

#endif
