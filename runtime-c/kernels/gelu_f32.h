/* SPDX-License-Identifier: 0BSD */
/* GELU, float, element by element. y may be x. */
#ifndef MOTE_GELU_F32_H
#define MOTE_GELU_F32_H

#include "exp_f32.h"
#include "unary_f32.h"

/**
 * 1 - erf(z) for z >= 0, with a relative error below 2e-6 up to 4 and 1e-5 up to 6.5: Chebyshev's fit of
 * the logarithm (Numerical Recipes in C, 2nd edition, section 6.2, erfcc).
 */
MOTE_INLINE float mote_erfc_of(float z)
{
    const float t = 1.0f / (1.0f + 0.5f * z);
    float p = 0.17087277f;
    p = p * t - 0.82215223f;
    p = p * t + 1.48851587f;
    p = p * t - 1.13520398f;
    p = p * t + 0.27886807f;
    p = p * t - 0.18628806f;
    p = p * t + 0.09678418f;
    p = p * t + 0.37409196f;
    p = p * t + 1.00002368f;
    p = p * t - 1.26551223f;
    return t * mote_exp_of(p - z * z);
}

/** v / 2 * (1 + erf(v / sqrt 2)), without a difference of nearly equal numbers where v is negative. */
MOTE_INLINE float mote_gelu_of(float v)
{
    const float rest = mote_erfc_of(fabsf(v) * 0.70710678f);
    return 0.5f * v * (v < 0.0f ? rest : 2.0f - rest);
}

MOTE_INLINE void mote_gelu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_gelu_of(v));
}

/** With tanh for erf: (1 + tanh u) / 2 is the logistic function of 2 u. */
MOTE_INLINE void mote_gelu_tanh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v * mote_sigmoid_of(1.59576912f * (v + 0.044715f * v * v * v)));
}

#endif
