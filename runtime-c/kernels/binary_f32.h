/* SPDX-License-Identifier: 0BSD */
/* Arithmetic of two float operands with broadcasting. y may be a or b. */
#ifndef MOTE_BINARY_F32_H
#define MOTE_BINARY_F32_H

#include <math.h>

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
    float min, max;
} mote_arithmetic_f32_shape;

MOTE_INLINE void mote_add_f32(const float *a, const float *b, float *y, mote_arithmetic_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = mote_clamp_f32(a[ia] + b[ib], s.min, s.max));
}

MOTE_INLINE void mote_sub_f32(const float *a, const float *b, float *y, mote_arithmetic_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = mote_clamp_f32(a[ia] - b[ib], s.min, s.max));
}

MOTE_INLINE void mote_mul_f32(const float *a, const float *b, float *y, mote_arithmetic_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = mote_clamp_f32(a[ia] * b[ib], s.min, s.max));
}

MOTE_INLINE void mote_div_f32(const float *a, const float *b, float *y, mote_arithmetic_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = mote_clamp_f32(a[ia] / b[ib], s.min, s.max));
}

typedef struct {
    mote_broadcast broadcast;
} mote_binary_f32_shape;

MOTE_INLINE void mote_pow_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = powf(a[ia], b[ib]));
}

MOTE_INLINE void mote_fmod_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = fmodf(a[ia], b[ib]));
}

/** What is left of a division that is rounded down: of b's sign. */
MOTE_INLINE float mote_floored_rest(float a, float b)
{
    const float rest = fmodf(a, b);
    return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

MOTE_INLINE void mote_mod_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = mote_floored_rest(a[ia], b[ib]));
}

MOTE_INLINE void mote_max_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = a[ia] > b[ib] ? a[ia] : b[ib]);
}

MOTE_INLINE void mote_min_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = a[ia] < b[ib] ? a[ia] : b[ib]);
}

MOTE_INLINE void mote_prelu_f32(const float *a, const float *b, float *y, mote_binary_f32_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = a[ia] < 0.0f ? a[ia] * b[ib] : a[ia]);
}

#endif
