/* SPDX-License-Identifier: 0BSD */
/* Convolution of bytes less their zero points over up to three axes in ONNX's order. */
#ifndef MOTE_CONV_3D_INTEGER_H
#define MOTE_CONV_3D_INTEGER_H

#include "conv_3d.h"

typedef struct {
    mote_conv_3d_shape conv;
    int32_t w_zero; /* step of the weights' zero points from filter to filter */
} mote_conv_3d_integer_shape;

/** Operands as those of mote_conv_3d_f32; y wraps. */
#define MOTE_CONV_3D_INTEGER(SUFFIX, X, W)                                                             \
    MOTE_INLINE void mote_conv_3d_integer_##SUFFIX(const X *x, const W *w, const X *x_zero,            \
                                                   const W *w_zero, int32_t *y,                        \
                                                   mote_conv_3d_integer_shape s)                       \
    {                                                                                                  \
        const mote_window_3d g = s.conv.window;                                                        \
        const int32_t in = mote_volume(g.in), out = mote_volume(g.out), taps = mote_volume(g.kernel);  \
        const int32_t channels = s.conv.channels, filters = s.conv.groups * s.conv.filters;            \
        for (int32_t f = 0; f < s.conv.batch * filters; f++) {                                         \
            const int32_t filter = f % filters;                                                        \
            const int32_t group = f / filters * s.conv.groups + filter / s.conv.filters;               \
            const W *own = w + filter * channels * taps;                                               \
            const X *from = x + group * channels * in;                                                 \
            const int32_t own_zero = w_zero[filter * s.w_zero];                                        \
            MOTE_OUTPUTS_3D(g, {                                                                       \
                uint32_t acc = 0;                                                                      \
                for (int32_t c = 0; c < channels; c++) {                                               \
                    MOTE_TAPS_3D(g, acc += (uint32_t)((from[c * in + i] - *x_zero) *                   \
                                                      (own[c * taps + k] - own_zero)));                \
                }                                                                                      \
                y[f * out + o] = (int32_t)acc;                                                         \
            });                                                                                        \
        }                                                                                              \
    }

MOTE_CONV_3D_INTEGER(s8_s8, int8_t, int8_t)
MOTE_CONV_3D_INTEGER(s8_u8, int8_t, uint8_t)
MOTE_CONV_3D_INTEGER(u8_s8, uint8_t, int8_t)
MOTE_CONV_3D_INTEGER(u8_u8, uint8_t, uint8_t)

#endif
