/* SPDX-License-Identifier: 0BSD */
/* 2-D transposed convolution, int8: any kernel, stride, dilation, group and layout. */
#ifndef MOTE_CONV_TRANSPOSE_2D_S8_H
#define MOTE_CONV_TRANSPOSE_2D_S8_H

#include "conv_2d_s8.h"
#include "transposed.h"

typedef struct {
    mote_window window;
    int32_t groups;
    int32_t phase_dilation_h, phase_dilation_w;
    int32_t x_zero_point;
    mote_requantization requantization;
} mote_conv_transpose_2d_s8_shape;

/** As mote_conv_2d_s8_any; weights: [stride_h][stride_w][out_c][taps of the phase][in_c / groups]. */
MOTE_INLINE void mote_conv_transpose_2d_s8_any(const int8_t *x, int8_t *y, int32_t *raw,
                                               int32_t is_raw, const int8_t *weights, const int32_t *bias,
                                               const int32_t *multipliers, const int8_t *exponents,
                                               mote_conv_transpose_2d_s8_shape s)
{
    const mote_window g = s.window;
    for (int32_t py = 0; py < g.stride_h; py++) {
        const mote_phase rows = mote_phase_of(py, g.kernel_h, g.stride_h, g.dilation_h, g.pad_h, g.out_h);
        for (int32_t px = 0; px < g.stride_w; px++) {
            const mote_phase columns =
                mote_phase_of(px, g.kernel_w, g.stride_w, g.dilation_w, g.pad_w, g.out_w);
            const mote_conv_2d_s8_shape phase = {
                mote_phase_window(g, rows, columns, s.phase_dilation_h, s.phase_dilation_w), s.groups,
                s.x_zero_point, s.requantization};
            const mote_rows all = {0, rows.outputs, 0, NULL, 0};
            const int32_t to = py * g.y_row + px * g.y_column;
            mote_conv_2d_s8_any(x, is_raw != 0 ? y : y + to, is_raw != 0 ? raw + to : raw, is_raw, weights,
                                bias, multipliers, exponents, all, phase);
            weights += g.out_c * rows.taps * columns.taps * (g.in_c / s.groups);
        }
    }
}

MOTE_INLINE void mote_conv_transpose_2d_s8(const int8_t *x, int8_t *y, const int8_t *weights,
                                           const int32_t *bias, const int32_t *multipliers,
                                           const int8_t *exponents, mote_conv_transpose_2d_s8_shape s)
{
    mote_conv_transpose_2d_s8_any(x, y, NULL, 0, weights, bias, multipliers, exponents, s);
}

/** The accumulators as they are. */
MOTE_INLINE void mote_conv_transpose_2d_s8_s32(const int8_t *x, int32_t *y, const int8_t *weights,
                                               const int32_t *bias, mote_conv_transpose_2d_s8_shape s)
{
    mote_conv_transpose_2d_s8_any(x, NULL, y, 1, weights, bias, NULL, NULL, s);
}

#endif
