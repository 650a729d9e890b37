/* SPDX-License-Identifier: 0BSD */
/* Convolution of images whose taps are moved by offsets, float. */
#ifndef MOTE_DEFORM_CONV_2D_F32_H
#define MOTE_DEFORM_CONV_2D_F32_H

#include <math.h>

#include "conv_3d.h"

/** The window's first axis has one element. */
typedef struct {
    mote_conv_3d_shape conv;
    int32_t offset_groups;
} mote_deform_conv_shape;

/** The element at a place, weighed of its four neighbours; 0 outside. */
MOTE_INLINE float mote_bilinear_f32(const float *x, float y, float z, int32_t height, int32_t width)
{
    float sum = 0.0f;
    if (y > -1.0f && y < (float)height && z > -1.0f && z < (float)width) {
        const int32_t top = (int32_t)floorf(y), left = (int32_t)floorf(z);
        const float down = y - (float)top, right = z - (float)left;
        for (int32_t i = 0; i < 4; i++) {
            const int32_t row = top + i / 2, column = left + i % 2;
            if (row >= 0 && row < height && column >= 0 && column < width) {
                const float weight = (i / 2 != 0 ? down : 1.0f - down) * (i % 2 != 0 ? right : 1.0f - right);
                sum += weight * x[row * width + column];
            }
        }
    }
    return sum;
}

/** One output; x, w, offset and mask (or NULL) are at its image, filter and first tap. */
MOTE_INLINE float mote_deform_conv_2d_f32_sum(const float *x, const float *w, const float *offset,
                                              const float *mask, int32_t first, int32_t o,
                                              mote_deform_conv_shape s)
{
    const mote_window_3d g = s.conv.window;
    const int32_t in = mote_volume(g.in), out = mote_volume(g.out), taps = mote_volume(g.kernel);
    const int32_t each = s.conv.groups * s.conv.channels / s.offset_groups;
    float acc = 0.0f;
    for (int32_t c = 0; c < s.conv.channels; c++) {
        for (int32_t k = 0; k < taps; k++) {
            const int32_t tap = (first + c) / each * taps + k;
            const int32_t row = o / g.out[2] * g.stride[1] - g.pad[1] + k / g.kernel[2] * g.dilation[1];
            const int32_t column = o % g.out[2] * g.stride[2] - g.pad[2] + k % g.kernel[2] * g.dilation[2];
            const float y = (float)row + offset[2 * tap * out + o];
            const float z = (float)column + offset[(2 * tap + 1) * out + o];
            const float v = mote_bilinear_f32(x + (first + c) * in, y, z, g.in[1], g.in[2]);
            acc += v * w[c * taps + k] * (mask == NULL ? 1.0f : mask[tap * out + o]);
        }
    }
    return acc;
}

/**
 * x, w, bias, y as those of mote_conv_3d_f32; offset: [batch][group][tap][row, column][out];
 * mask: [batch][group][tap][out].
 */
MOTE_INLINE void mote_deform_conv_2d_masked_f32(const float *x, const float *w, const float *offset,
                                                const float *bias, const float *mask, float *y,
                                                mote_deform_conv_shape s)
{
    const mote_window_3d g = s.conv.window;
    const int32_t in = mote_volume(g.in), out = mote_volume(g.out), taps = mote_volume(g.kernel);
    const int32_t channels = s.conv.groups * s.conv.channels, filters = s.conv.groups * s.conv.filters;
    const int32_t moved = s.offset_groups * taps * out;
    for (int32_t f = 0; f < s.conv.batch * filters; f++) {
        const int32_t n = f / filters, filter = f % filters;
        const int32_t first = filter / s.conv.filters * s.conv.channels;
        const float *own = w + filter * s.conv.channels * taps;
        const float *from = x + n * channels * in;
        const float *moves = offset + n * 2 * moved;
        const float *masks = mask == NULL ? NULL : mask + n * moved;
        for (int32_t o = 0; o < out; o++) {
            y[f * out + o] = bias[filter] + mote_deform_conv_2d_f32_sum(from, own, moves, masks, first, o, s);
        }
    }
}

MOTE_INLINE void mote_deform_conv_2d_f32(const float *x, const float *w, const float *offset,
                                         const float *bias, float *y, mote_deform_conv_shape s)
{
    mote_deform_conv_2d_masked_f32(x, w, offset, bias, NULL, y, s);
}

#endif
