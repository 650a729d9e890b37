/* SPDX-License-Identifier: 0BSD */
/* 2-D transposed convolution, float: any kernel, stride, dilation, group and layout. */
#ifndef MOTE_CONV_TRANSPOSE_2D_F32_H
#define MOTE_CONV_TRANSPOSE_2D_F32_H

#include "conv_2d_f32.h"
#include "transposed.h"

typedef struct {
    mote_window window;
    int32_t groups;
    int32_t phase_dilation_h, phase_dilation_w;
    float min, max;
} mote_conv_transpose_2d_f32_shape;

/** weights: [stride_h][stride_w][out_c][taps of the phase][in_c / groups]; bias: [out_c]. */
MOTE_INLINE void mote_conv_transpose_2d_f32(const float *x, float *y, const float *weights,
                                            const float *bias, mote_conv_transpose_2d_f32_shape s)
{
    const mote_window g = s.window;
    for (int32_t py = 0; py < g.stride_h; py++) {
        const mote_phase rows = mote_phase_of(py, g.kernel_h, g.stride_h, g.dilation_h, g.pad_h, g.out_h);
        for (int32_t px = 0; px < g.stride_w; px++) {
            const mote_phase columns =
                mote_phase_of(px, g.kernel_w, g.stride_w, g.dilation_w, g.pad_w, g.out_w);
            const mote_conv_2d_f32_shape phase = {
                mote_phase_window(g, rows, columns, s.phase_dilation_h, s.phase_dilation_w), s.groups,
                s.min, s.max};
            const mote_rows all = {0, rows.outputs, 0, NULL, 0};
            mote_conv_2d_f32(x, y + py * g.y_row + px * g.y_column, weights, bias, all, phase);
            weights += g.out_c * rows.taps * columns.taps * (g.in_c / s.groups);
        }
    }
}

#endif
