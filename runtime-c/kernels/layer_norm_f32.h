/* SPDX-License-Identifier: 0BSD */
/* Rows brought to mean 0 and deviation 1, or to the root mean square 1, then scaled. y may be x. */
#ifndef MOTE_LAYER_NORM_F32_H
#define MOTE_LAYER_NORM_F32_H

#include <math.h>

#include "mote_math.h"

/**
 * x: [rows][channels][inner], each `groups` rows of which have scales and offsets of their own:
 * scale, bias: [groups][channels]; bias may be NULL.
 */
typedef struct {
    int32_t rows, groups, channels, inner;
    int32_t centers; /* whether the mean is taken off */
    float epsilon;
} mote_layer_norm_f32_shape;

/** Sum of (x - from)^power, power 1 or 2; in four parts, so that no sum is waited for. */
MOTE_INLINE float mote_power_sum_f32(const float *x, int32_t n, float from, int32_t power)
{
    float acc[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int32_t k = 0; k < 4; k++) {
            const float d = x[i + k] - from;
            acc[k] += power == 2 ? d * d : d;
        }
    }
    for (; i < n; i++) {
        const float d = x[i] - from;
        acc[0] += power == 2 ? d * d : d;
    }
    return (acc[0] + acc[1]) + (acc[2] + acc[3]);
}

MOTE_INLINE void mote_layer_norm_f32(const float *x, const float *scale, const float *bias, float *y,
                                     mote_layer_norm_f32_shape s)
{
    const int32_t size = s.channels * s.inner;
    for (int32_t r = 0; r < s.rows; r++, x += size, y += size) {
        const int32_t first = r % s.groups * s.channels;
        const float mean = s.centers != 0 ? mote_power_sum_f32(x, size, 0.0f, 1) / (float)size : 0.0f;
        const float variance = mote_power_sum_f32(x, size, mean, 2) / (float)size;
        const float inverse = 1.0f / sqrtf(variance + s.epsilon);
        for (int32_t c = 0; c < s.channels; c++) {
            const float factor = inverse * scale[first + c];
            const float offset = bias != NULL ? bias[first + c] : 0.0f;
            for (int32_t i = c * s.inner; i < (c + 1) * s.inner; i++) {
                y[i] = (x[i] - mean) * factor + offset;
            }
        }
    }
}

#endif
