/* SPDX-License-Identifier: 0BSD */
/* Mel filters, triangles over the bins of a spectrum's half, by numbers of run time. */
#ifndef MOTE_MEL_F32_H
#define MOTE_MEL_F32_H

#include <math.h>

#include "mote_math.h"

/** y: [bins][filters] */
typedef struct {
    int32_t bins, filters;
} mote_mel_f32_shape;

/** mel = 2595 log10(1 + hertz / 700), by the natural logarithm. */
#define MOTE_MEL_SCALE (2595.0 / 2.302585092994046)

/** The bin in which place i lies of places at equal distances in mel. */
MOTE_INLINE int32_t mote_mel_bin(int32_t i, double low, double step, int32_t length, int32_t rate)
{
    const double hertz = 700.0 * expm1((low + i * step) / MOTE_MEL_SCALE);
    const double bin = floor((length + 1.0) * hertz / rate);
    return bin >= 0.0 && bin < 2147483647.0 ? (int32_t)bin : -1;
}

MOTE_INLINE void mote_mel_f32(const int32_t *filters, const int32_t *length, const int32_t *rate,
                              const float *lowest, const float *highest, float *y, mote_mel_f32_shape s)
{
    const double low = MOTE_MEL_SCALE * log1p((double)lowest[0] / 700.0);
    const double high = MOTE_MEL_SCALE * log1p((double)highest[0] / 700.0);
    const double step = (high - low) / (s.filters + 2.0);
    const int32_t fits = filters[0] == s.filters && length[0] >= 0 && length[0] / 2 + 1 == s.bins;
    for (int32_t f = 0; f < s.filters; f++) {
        const int32_t a = mote_mel_bin(f, low, step, length[0], rate[0]);
        const int32_t b = mote_mel_bin(f + 1, low, step, length[0], rate[0]);
        const int32_t c = mote_mel_bin(f + 2, low, step, length[0], rate[0]);
        for (int32_t k = 0; k < s.bins; k++) {
            float v = 0.0f;
            if (k == b) {
                v = 1.0f;
            } else if (k >= a && k < b) {
                v = (float)(k - a) / (float)(b - a);
            } else if (k > b && k < c) {
                v = (float)(c - k) / (float)(c - b);
            }
            y[k * s.filters + f] = fits ? v : 0.0f;
        }
    }
}

#endif
