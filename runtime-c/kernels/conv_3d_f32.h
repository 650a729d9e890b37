/* SPDX-License-Identifier: 0BSD */
/* Convolution and transposed convolution over up to three axes in ONNX's order, float. */
#ifndef MOTE_CONV_3D_F32_H
#define MOTE_CONV_3D_F32_H

#include "conv_3d.h"

/** x: [batch][channel][in]; w: [filter][channel of a group][tap]; bias: [filter]; y: [batch][filter][out]. */
MOTE_INLINE void mote_conv_3d_f32(const float *x, const float *w, const float *bias, float *y,
                                  mote_conv_3d_shape s)
{
    const mote_window_3d g = s.window;
    const int32_t in = mote_volume(g.in), out = mote_volume(g.out), taps = mote_volume(g.kernel);
    const int32_t filters = s.groups * s.filters;
    for (int32_t f = 0; f < s.batch * filters; f++) {
        const int32_t filter = f % filters;
        const float *own = w + filter * s.channels * taps;
        const float *from = x + (f / filters * s.groups + filter / s.filters) * s.channels * in;
        float *to = y + f * out;
        MOTE_OUTPUTS_3D(g, {
            float acc = bias[filter];
            for (int32_t c = 0; c < s.channels; c++) {
                MOTE_TAPS_3D(g, acc += from[c * in + i] * own[c * taps + k]);
            }
            to[o] = acc;
        });
    }
}

/** One output's sum over the channels of a group; w is at the filter's first tap. */
MOTE_INLINE float mote_conv_transpose_3d_f32_sum(const float *x, const float *w, int32_t o,
                                                 mote_conv_3d_shape s)
{
    const mote_window_3d g = s.window;
    const int32_t in = mote_volume(g.in), taps = mote_volume(g.kernel);
    float acc = 0.0f;
    for (int32_t k = 0; k < taps; k++) {
        const int32_t k0 = k / (g.kernel[1] * g.kernel[2]), k1 = k / g.kernel[2] % g.kernel[1];
        const int32_t i0 = mote_transposed_input(g, 0, o / (g.out[1] * g.out[2]), k0);
        const int32_t i1 = mote_transposed_input(g, 1, o / g.out[2] % g.out[1], k1);
        const int32_t i2 = mote_transposed_input(g, 2, o % g.out[2], k % g.kernel[2]);
        if (i0 >= 0 && i1 >= 0 && i2 >= 0) {
            const float *from = x + (i0 * g.in[1] + i1) * g.in[2] + i2;
            for (int32_t c = 0; c < s.channels; c++) {
                acc += from[c * in] * w[c * s.filters * taps + k];
            }
        }
    }
    return acc;
}

/** x: [batch][channel][in]; w: [channel][filter of a group][tap]; bias: [filter]; y: [batch][filter][out]. */
MOTE_INLINE void mote_conv_transpose_3d_f32(const float *x, const float *w, const float *bias, float *y,
                                            mote_conv_3d_shape s)
{
    const int32_t in = mote_volume(s.window.in), out = mote_volume(s.window.out);
    const int32_t taps = mote_volume(s.window.kernel), filters = s.groups * s.filters;
    for (int32_t f = 0; f < s.batch * filters; f++) {
        const int32_t filter = f % filters, group = filter / s.filters;
        const float *from = x + (f / filters * s.groups + group) * s.channels * in;
        const float *own = w + (group * s.channels * s.filters + filter % s.filters) * taps;
        for (int32_t o = 0; o < out; o++) {
            y[f * out + o] = bias[filter] + mote_conv_transpose_3d_f32_sum(from, own, o, s);
        }
    }
}

#endif
