/* SPDX-License-Identifier: 0BSD */
/* Blocks of an image put back and added where they meet, float. */
#ifndef MOTE_COL2IM_F32_H
#define MOTE_COL2IM_F32_H

#include "window_3d.h"

/** x: [batch][channel][tap][block]; y: [batch][channel][image]. Missing axes have one element. */
typedef struct {
    int32_t batch, channels, taps, blocks; /* channels and taps are those of the declared shapes */
    int32_t axes;
    int32_t image[3], stride[3], dilation[3], pad[3], pad_end[3];
} mote_col2im_shape;

/** The window whose outputs are the blocks; without a tap where the sizes do not fit the input. */
MOTE_INLINE mote_window_3d mote_col2im_window(const int64_t *block, mote_col2im_shape s)
{
    mote_window_3d w;
    int64_t taps = 1, blocks = 1;
    for (int32_t axis = 0; axis < 3; axis++) {
        const int32_t i = axis - (3 - s.axes);
        const int64_t size = i < 0 ? 1 : block[i];
        const int64_t kernel = size < 1 || size > s.taps ? 0 : size;
        const int64_t extent = (kernel - 1) * s.dilation[axis] + 1;
        const int64_t span = s.image[axis] + s.pad[axis] + s.pad_end[axis] - extent;
        w.in[axis] = span < 0 ? 0 : (int32_t)span / s.stride[axis] + 1;
        w.out[axis] = s.image[axis];
        w.kernel[axis] = (int32_t)kernel;
        w.stride[axis] = s.stride[axis];
        w.dilation[axis] = s.dilation[axis];
        w.pad[axis] = s.pad[axis];
        taps *= kernel;
        blocks *= w.in[axis];
    }
    if (taps != s.taps || blocks != s.blocks) {
        w.kernel[0] = w.kernel[1] = w.kernel[2] = 0;
    }
    return w;
}

/** block: [axes], the sizes of a block. */
MOTE_INLINE void mote_col2im_f32(const float *x, const int64_t *block, float *y, mote_col2im_shape s)
{
    const mote_window_3d w = mote_col2im_window(block, s);
    const int32_t taps = mote_volume(w.kernel), size = mote_volume(s.image);
    for (int32_t i = 0; i < s.batch * s.channels * size; i++) {
        const float *from = x + i / size * s.taps * s.blocks;
        const int32_t o = i % size;
        float acc = 0.0f;
        for (int32_t k = 0; k < taps; k++) {
            const int32_t k0 = k / (w.kernel[1] * w.kernel[2]), k1 = k / w.kernel[2] % w.kernel[1];
            const int32_t b0 = mote_transposed_input(w, 0, o / (s.image[1] * s.image[2]), k0);
            const int32_t b1 = mote_transposed_input(w, 1, o / s.image[2] % s.image[1], k1);
            const int32_t b2 = mote_transposed_input(w, 2, o % s.image[2], k % w.kernel[2]);
            if (b0 >= 0 && b1 >= 0 && b2 >= 0) {
                acc += from[k * s.blocks + (b0 * w.in[1] + b1) * w.in[2] + b2];
            }
        }
        y[i] = acc;
    }
}

#endif
