/* SPDX-License-Identifier: 0BSD */
/*
 * Integer arithmetic of the kernels. Profile "tflite" rounds twice, bit for bit as TensorFlow Lite
 * does (gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT); profile "fast" once.
 * This is the same as the portable mote_math.h without 64-bit arithmetic.
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

/** The 64 bits of a product. */
typedef struct {
    int32_t high;
    uint32_t low;
} mote_product;

/** From four products of 16 bits: Armv6-M has no longer multiplication. */
MOTE_INLINE mote_product mote_multiply(int32_t a, int32_t b)
{
    const uint32_t a_low = (uint32_t)a & 0xffffu;
    const uint32_t b_low = (uint32_t)b & 0xffffu;
    const int32_t a_high = a >> 16;
    const int32_t b_high = b >> 16;
    const uint32_t low = a_low * b_low;
    const int32_t first = a_high * (int32_t)b_low;
    const int32_t second = (int32_t)a_low * b_high;
    const uint32_t middle = (low >> 16) + ((uint32_t)first & 0xffffu) + ((uint32_t)second & 0xffffu);
    mote_product p;
    p.high = a_high * b_high + (first >> 16) + (second >> 16) + (int32_t)(middle >> 16);
    p.low = (middle << 16) | (low & 0xffffu);
    return p;
}

/** (a * b + 2^(31 - left_shift)) >> (32 - left_shift). */
static __attribute__((noinline, unused)) int32_t mote_rounded_product(int32_t a, int32_t b,
                                                                      int32_t left_shift)
{
    const uint32_t half = 1u << (31 - left_shift);
    mote_product p = mote_multiply(a, b);
    p.low += half;
    p.high += p.low < half ? 1 : 0;
    if (left_shift == 0) {
        return p.high;
    }
    return (int32_t)(((uint32_t)p.high << left_shift) | (p.low >> (32 - left_shift)));
}

/** round(a * b / 2^31), ties upwards; saturates for the one overflow. */
MOTE_INLINE int32_t mote_high_multiply(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return mote_rounded_product(a, b, 1);
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
    return mote_rounded_product(x, multiplier, left_shift);
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
