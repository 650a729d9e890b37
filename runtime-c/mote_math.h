/* SPDX-License-Identifier: 0BSD */
/*
 * Integer arithmetic of the kernels. Profile "tflite" rounds twice, bit for bit as TensorFlow Lite
 * does (gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT); profile "fast" once.
 */
#ifndef MOTE_MATH_H
#define MOTE_MATH_H

#include "mote.h"

MOTE_INLINE int32_t mote_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : (x > high ? high : x);
}

MOTE_INLINE float mote_clamp_f32(float x, float low, float high)
{
    return x < low ? low : (x > high ? high : x);
}

/** round(a * b / 2^31), ties away from zero for negative products; saturates for the one overflow. */
MOTE_INLINE int32_t mote_high_multiply(int32_t a, int32_t b)
{
    const int64_t product = (int64_t)a * b;
    const int64_t nudge = product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)((product + nudge) / ((int64_t)1 << 31));
}

/** x / 2^n to nearest, ties away from zero. */
MOTE_INLINE int32_t mote_rounding_shift(int32_t x, int32_t n)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << n) - 1u);
    const int32_t rest = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> n) + (rest > threshold ? 1 : 0);
}

/** x * multiplier / 2^31 * 2^exponent, rounded twice. */
MOTE_INLINE int32_t mote_rescale_tflite(int32_t x, int32_t multiplier, int32_t exponent)
{
    const int32_t left = exponent > 0 ? exponent : 0;
    const int32_t right = exponent > 0 ? 0 : -exponent;
    const int32_t shifted = (int32_t)((uint32_t)x << left);
    return mote_rounding_shift(mote_high_multiply(shifted, multiplier), right);
}

/** x * multiplier / 2^(32 - left_shift), rounded once (half up). */
MOTE_INLINE int32_t mote_rescale_fast(int32_t x, int32_t multiplier, int32_t left_shift)
{
    const int64_t half = (int64_t)1 << (31 - left_shift);
    return (int32_t)(((int64_t)x * multiplier + half) >> (32 - left_shift));
}

/** How accumulators become stored integers. Literal at every call, so that only one way remains. */
typedef struct {
    int32_t tflite;     /* profile: 0 is fast */
    int32_t left_shift; /* profile fast: one for the layer */
    int32_t per_channel; /* whether multipliers and exponents have an entry for each channel */
    int32_t zero_point;
    int32_t min;
    int32_t max;
} mote_requantization;

/**
 * The stored integer of an accumulator. `exponents` is read in profile tflite only.
 */
MOTE_INLINE int32_t mote_requantize(int32_t acc, int32_t channel, const int32_t *multipliers,
                                    const int8_t *exponents, mote_requantization r)
{
    const int32_t at = r.per_channel != 0 ? channel : 0;
    const int32_t y = r.tflite != 0 ? mote_rescale_tflite(acc, multipliers[at], exponents[at])
                                    : mote_rescale_fast(acc, multipliers[at], r.left_shift);
    return mote_clamp(y + r.zero_point, r.min, r.max);
}

#endif
