/* SPDX-License-Identifier: 0BSD */
/* e^v, the logistic function and tanh, float, without calls: within 2e-7 of the exact functions. */
#ifndef MOTE_EXP_F32_H
#define MOTE_EXP_F32_H

#include <string.h>

#include "mote_math.h"

/**
 * e^v for v in [-87, 88], the nearest end for others; the relative error is below 2e-7. 2^n by the
 * bits of the exponent, e^r by the polynomial of Cephes' expf for r in [-ln 2 / 2, ln 2 / 2].
 */
MOTE_INLINE float mote_exp_of(float v)
{
    const float x = mote_clamp_f32(v, -87.0f, 88.0f);
    const float rounded = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the last bits are n */
    const float n = rounded - 12582912.0f;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    uint32_t bits;
    float power;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + 127u) << 23;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

MOTE_INLINE float mote_sigmoid_of(float v)
{
    return 1.0f / (1.0f + mote_exp_of(-v));
}

/** Near 0 by tanh's series, since 1 - 2 / (e^2v + 1) has no digits left there. */
MOTE_INLINE float mote_tanh_of(float v)
{
    const float square = v * v;
    if (square < 0.04f) {
        return v * (1.0f - square * (0.33333333f - square * (0.13333333f - square * 0.05396825f)));
    }
    return 1.0f - 2.0f / (mote_exp_of(2.0f * v) + 1.0f);
}

#endif
