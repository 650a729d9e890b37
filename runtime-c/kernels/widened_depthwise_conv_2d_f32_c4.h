/* SPDX-License-Identifier: 0BSD */
/* Depthwise convolution of any multiplier and layout, float32: depthwise_conv_2d_f32_c4.h on copied rows. */
#ifndef MOTE_WIDENED_DEPTHWISE_CONV_2D_F32_C4_H
#define MOTE_WIDENED_DEPTHWISE_CONV_2D_F32_C4_H

#include "depthwise_conv_2d_f32_c4.h"
#include "widened.h"

typedef struct {
    mote_depthwise_conv_2d_f32_c4_shape each;
    mote_widening widening;
} mote_widened_depthwise_conv_2d_f32_c4_shape;

MOTE_INLINE void mote_widened_depthwise_conv_2d_f32_c4(const float *x, float *y, void *scratch,
                                                       const float *weights, const float *bias,
                                                       mote_rows rows,
                                                       mote_widened_depthwise_conv_2d_f32_c4_shape s)
{
    const mote_widening w = s.widening;
    const mote_window g = w.window;
    float *const in = (float *)(void *)((uint8_t *)scratch + w.in_offset);
    float *const out = (float *)(void *)((uint8_t *)scratch + w.out_offset);
    for (int32_t n = 0; n < g.batch; n++) {
        for (int32_t oy = rows.out_begin; oy < rows.out_end; oy += w.band) {
            const mote_rows band = mote_widened_band(oy, rows, w);
            float *to = y + n * g.y_batch + (oy - rows.out_begin) * g.y_row;
            mote_widen_f32(x + n * g.x_batch, in, rows, band, w);
            mote_depthwise_conv_2d_f32_c4(in, w.direct != 0 ? to : out, weights, bias, band, s.each);
            if (w.direct == 0) {
                mote_narrow_f32(out, to, band, w);
            }
        }
    }
}

#endif
