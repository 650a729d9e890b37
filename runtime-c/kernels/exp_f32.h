/* SPDX-License-Identifier: 0BSD */
/* e^v, the logistic function and tanh, float, without calls: within 2e-7 of the exact functions. */
#ifndef MOTE_EXP_F32_H
#define MOTE_EXP_F32_H

#include <string.h>

#include "mote_math.h"

/** e^r for r in [-ln 2 / 2, ln 2 / 2]: the polynomial of Cephes' expf. */
MOTE_INLINE float mote_exp_rest(float r)
{
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r + 1.0f;
}

/** What x is more than n times ln 2. */
MOTE_INLINE float mote_rest_of(float x, float n)
{
    return (x - n * 0.693359375f) - n * -2.12194440e-4f;
}

#define MOTE_ROUNDER 12582912.0f /* 1.5 * 2^23: the last bits of a sum with it are the rounded number */

/** 2^n for n in [-126, 127]. */
MOTE_INLINE float mote_power_of_two(uint32_t n)
{
    const uint32_t bits = (n + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/** e^v for v in [-87, 88], the nearest end for others; the relative error is below 2e-7. */
MOTE_INLINE float mote_exp_of(float v)
{
    const float x = mote_clamp_f32(v, -87.0f, 88.0f);
    const float rounded = x * 1.44269504f + MOTE_ROUNDER;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return mote_exp_rest(mote_rest_of(x, rounded - MOTE_ROUNDER)) * mote_power_of_two(bits);
}

/** e^v for any v: also what is subnormal, 0 or infinite. */
MOTE_INLINE float mote_exp_any(float v)
{
    const float x = mote_clamp_f32(v, -104.0f, 89.0f);
    const float rounded = x * 1.44269504f + MOTE_ROUNDER;
    uint32_t bits;
    uint32_t n;
    uint32_t half;
    memcpy(&bits, &rounded, sizeof bits);
    n = bits - 0x4B400000u;
    half = (n + 256u) / 2u - 128u;
    return mote_exp_rest(mote_rest_of(x, rounded - MOTE_ROUNDER)) * mote_power_of_two(half) *
           mote_power_of_two(n - half);
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
