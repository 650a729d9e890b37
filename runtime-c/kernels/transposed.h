/* SPDX-License-Identifier: 0BSD */
/*
 * Transposed convolutions: outputs that are a stride apart make a phase, which is an ordinary convolution
 * of stride 1 over the taps that reach it.
 */
#ifndef MOTE_TRANSPOSED_H
#define MOTE_TRANSPOSED_H

#include "window.h"

/** Along one axis: taps of a phase, the input that the first one meets, and outputs. */
typedef struct {
    int32_t taps, start, outputs;
} mote_phase;

MOTE_INLINE mote_phase mote_phase_of(int32_t first, int32_t kernel, int32_t stride, int32_t dilation,
                                     int32_t pad, int32_t output)
{
    mote_phase p = {0, 0, (output - first + stride - 1) / stride};
    for (int32_t k = kernel - 1; k >= 0; k--) {
        if ((first + pad - k * dilation) % stride == 0) {
            if (p.taps == 0) {
                p.start = (first + pad - k * dilation) / stride;
            }
            p.taps++;
        }
    }
    return p;
}

/** The window of one phase; g is that of the transposed convolution. */
MOTE_INLINE mote_window mote_phase_window(mote_window g, mote_phase rows, mote_phase columns,
                                          int32_t dilation_h, int32_t dilation_w)
{
    mote_window w = g;
    w.out_h = rows.outputs;
    w.out_w = columns.outputs;
    w.kernel_h = rows.taps;
    w.kernel_w = columns.taps;
    w.stride_h = 1;
    w.stride_w = 1;
    w.dilation_h = dilation_h;
    w.dilation_w = dilation_w;
    w.pad_h = -rows.start;
    w.pad_w = -columns.start;
    w.y_row = g.y_row * g.stride_h;
    w.y_column = g.y_column * g.stride_w;
    return w;
}

#endif
