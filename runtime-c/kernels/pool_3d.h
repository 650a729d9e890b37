/* SPDX-License-Identifier: 0BSD */
/* Pools over up to three axes in ONNX's order. */
#ifndef MOTE_POOL_3D_H
#define MOTE_POOL_3D_H

#include <math.h>

#include "window_3d.h"

/** x: [planes][in]; y: [planes][out]. */
typedef struct {
    mote_window_3d window;
    int32_t planes;
    int32_t pad_end[3], include_pad; /* averages: pads behind the input, and whether they count */
    int32_t steps[3];                /* indices: what a step along each axis adds */
    int32_t p;                       /* norms: the exponent */
} mote_pool_3d_shape;

MOTE_INLINE int32_t mote_padded_extent_3d(mote_pool_3d_shape s, int32_t axis, int32_t start)
{
    const int32_t limit = s.window.in[axis] + s.pad_end[axis];
    return mote_padded_extent(start, s.window.kernel[axis], s.window.dilation[axis], limit);
}

MOTE_INLINE void mote_average_pool_3d_f32(const float *x, float *y, mote_pool_3d_shape s)
{
    const int32_t in = mote_volume(s.window.in), out = mote_volume(s.window.out);
    for (int32_t p = 0; p < s.planes; p++) {
        MOTE_OUTPUTS_3D(s.window, {
            const int32_t inside = (r0.end - r0.begin) * (r1.end - r1.begin) * (r2.end - r2.begin);
            const int32_t padded = mote_padded_extent_3d(s, 0, b0) * mote_padded_extent_3d(s, 1, b1) *
                                   mote_padded_extent_3d(s, 2, b2);
            float acc = 0.0f;
            MOTE_TAPS_3D(s.window, (void)k; acc += x[p * in + i]);
            y[p * out + o] = acc / (float)(s.include_pad != 0 ? padded : inside);
        });
    }
}

MOTE_INLINE float mote_power_f32(float v, int32_t p)
{
    return p == 1 ? fabsf(v) : (p == 2 ? v * v : powf(fabsf(v), (float)p));
}

/** The p-norm of each window. */
MOTE_INLINE void mote_lp_pool_3d_f32(const float *x, float *y, mote_pool_3d_shape s)
{
    const int32_t in = mote_volume(s.window.in), out = mote_volume(s.window.out);
    for (int32_t p = 0; p < s.planes; p++) {
        MOTE_OUTPUTS_3D(s.window, {
            float acc = 0.0f;
            MOTE_TAPS_3D(s.window, (void)k; acc += mote_power_f32(x[p * in + i], s.p));
            y[p * out + o] = s.p == 1 ? acc : (s.p == 2 ? sqrtf(acc) : powf(acc, 1.0f / (float)s.p));
        });
    }
}

/**
 * Maxima, LOWEST where a window has no element; and their indices, the first of equal ones, -1 where
 * there is none.
 */
#define MOTE_MAX_POOL_3D(SUFFIX, TYPE, LOWEST)                                                         \
    MOTE_INLINE void mote_max_pool_3d_##SUFFIX(const TYPE *x, TYPE *y, mote_pool_3d_shape s)           \
    {                                                                                                  \
        const int32_t in = mote_volume(s.window.in);                                                   \
        const int32_t out = mote_volume(s.window.out);                                                 \
        for (int32_t p = 0; p < s.planes; p++) {                                                       \
            MOTE_OUTPUTS_3D(s.window, {                                                                \
                TYPE best = (LOWEST);                                                                  \
                MOTE_TAPS_3D(s.window, (void)k;                                                        \
                             best = x[p * in + i] > best ? x[p * in + i] : best);                      \
                y[p * out + o] = best;                                                                 \
            });                                                                                        \
        }                                                                                              \
    }                                                                                                  \
    MOTE_INLINE void mote_max_pool_3d_indices_##SUFFIX(const TYPE *x, int64_t *y, mote_pool_3d_shape s)\
    {                                                                                                  \
        const int32_t in = mote_volume(s.window.in);                                                   \
        const int32_t out = mote_volume(s.window.out);                                                 \
        for (int32_t p = 0; p < s.planes; p++) {                                                       \
            MOTE_OUTPUTS_3D(s.window, {                                                                \
                int32_t best = -1;                                                                     \
                int32_t index = -1;                                                                    \
                MOTE_TAPS_3D(s.window, (void)k; if (best < 0 || x[p * in + i] > x[p * in + best]) {    \
                    best = i;                                                                          \
                    index = p * in + (b0 + k0 * s.window.dilation[0]) * s.steps[0] +                   \
                            (b1 + k1 * s.window.dilation[1]) * s.steps[1] +                            \
                            (b2 + k2 * s.window.dilation[2]) * s.steps[2];                             \
                });                                                                                    \
                y[p * out + o] = index;                                                                \
            });                                                                                        \
        }                                                                                              \
    }

MOTE_MAX_POOL_3D(f32, float, -INFINITY)
MOTE_MAX_POOL_3D(i8, int8_t, INT8_MIN)
MOTE_MAX_POOL_3D(u8, uint8_t, 0)

#endif
