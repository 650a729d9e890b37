/* SPDX-License-Identifier: 0BSD */
/* Functions of one float, element by element. y may be x. */
#ifndef MOTE_UNARY_F32_H
#define MOTE_UNARY_F32_H

#include <math.h>

#include "exp_f32.h"
#include "mote_math.h"

/** alpha and beta: the function's parameters, where it has any. */
typedef struct {
    int32_t count;
    float alpha, beta;
} mote_unary_f32_shape;

/** y[i] = EXPRESSION of v = x[i]. */
#define MOTE_MAP_F32(EXPRESSION)                                                                       \
    do {                                                                                               \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const float v = x[i];                                                                      \
            y[i] = (EXPRESSION);                                                                       \
        }                                                                                              \
    } while (0)

MOTE_INLINE float mote_softplus(float v)
{
    return (v > 0.0f ? v : 0.0f) + log1pf(mote_exp_of(-fabsf(v)));
}

MOTE_INLINE void mote_abs_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(fabsf(v));
}

MOTE_INLINE void mote_neg_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(-v);
}

MOTE_INLINE void mote_exp_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_exp_any(v));
}

MOTE_INLINE void mote_log_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(logf(v));
}

MOTE_INLINE void mote_sqrt_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(sqrtf(v));
}

MOTE_INLINE void mote_reciprocal_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(1.0f / v);
}

MOTE_INLINE void mote_floor_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(floorf(v));
}

MOTE_INLINE void mote_ceil_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(ceilf(v));
}

/** Ties to even. */
MOTE_INLINE void mote_round_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(rintf(v));
}

MOTE_INLINE void mote_sign_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v > 0.0f ? 1.0f : (v < 0.0f ? -1.0f : v));
}

MOTE_INLINE void mote_erf_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(erff(v));
}

MOTE_INLINE void mote_sin_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(sinf(v));
}

MOTE_INLINE void mote_cos_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(cosf(v));
}

MOTE_INLINE void mote_tan_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(tanf(v));
}

MOTE_INLINE void mote_asin_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(asinf(v));
}

MOTE_INLINE void mote_acos_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(acosf(v));
}

MOTE_INLINE void mote_atan_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(atanf(v));
}

MOTE_INLINE void mote_sinh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(sinhf(v));
}

MOTE_INLINE void mote_cosh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(coshf(v));
}

MOTE_INLINE void mote_tanh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_tanh_of(v));
}

MOTE_INLINE void mote_asinh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(asinhf(v));
}

MOTE_INLINE void mote_acosh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(acoshf(v));
}

MOTE_INLINE void mote_atanh_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(atanhf(v));
}

/** Values within lambda (beta) of 0 become 0, others move towards it by the bias (alpha). */
MOTE_INLINE void mote_shrink_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v < -s.beta ? v + s.alpha : (v > s.beta ? v - s.alpha : 0.0f));
}

MOTE_INLINE void mote_sigmoid_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_sigmoid_of(v));
}

MOTE_INLINE void mote_softplus_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_softplus(v));
}

MOTE_INLINE void mote_softsign_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v / (1.0f + fabsf(v)));
}

MOTE_INLINE void mote_hard_swish_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v * mote_clamp_f32(v / 6.0f + 0.5f, 0.0f, 1.0f));
}

/** tanh of the logarithm of 1 + e is e (e + 2) / (e (e + 2) + 2). */
MOTE_INLINE float mote_mish_of(float v)
{
    const float e = mote_exp_of(v < 20.0f ? v : 20.0f);
    const float product = e * (e + 2.0f);
    return v * (product / (product + 2.0f));
}

MOTE_INLINE void mote_mish_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_mish_of(v));
}

/** beta is gamma. */
MOTE_INLINE void mote_selu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(s.beta * (v > 0.0f ? v : s.alpha * expm1f(v)));
}

MOTE_INLINE void mote_hard_sigmoid_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(mote_clamp_f32(s.alpha * v + s.beta, 0.0f, 1.0f));
}

MOTE_INLINE void mote_swish_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v * mote_sigmoid_of(s.alpha * v));
}

MOTE_INLINE void mote_elu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v > 0.0f ? v : s.alpha * expm1f(v));
}

MOTE_INLINE void mote_leaky_relu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v >= 0.0f ? v : s.alpha * v);
}

/** alpha is positive. */
MOTE_INLINE void mote_celu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v > 0.0f ? v : s.alpha * expm1f(v / s.alpha));
}

MOTE_INLINE void mote_thresholded_relu_f32(const float *x, float *y, mote_unary_f32_shape s)
{
    MOTE_MAP_F32(v > s.alpha ? v : 0.0f);
}

typedef struct {
    int32_t count;
    float min, max;
} mote_clamp_f32_shape;

MOTE_INLINE void mote_clamp_all_f32(const float *x, float *y, mote_clamp_f32_shape s)
{
    MOTE_MAP_F32(mote_clamp_f32(v, s.min, s.max));
}

#endif
