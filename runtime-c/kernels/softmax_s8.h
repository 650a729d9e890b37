/* SPDX-License-Identifier: 0BSD */
/*
 * int8 softmax with TensorFlow Lite's reference arithmetic: gemmlowp fixed point, 5 integer bits for
 * the scaled differences and 12 for their sum. Output scale 1/256, zero point -128.
 */
#ifndef MOTE_SOFTMAX_S8_H
#define MOTE_SOFTMAX_S8_H

#include "mote_math.h"

typedef struct {
    int32_t outer, size, inner; /* rows run along an axis of `size` elements, `inner` apart */
    int32_t multiplier, left_shift;
    int32_t diff_min; /* differences below add nothing */
} mote_softmax_s8_shape;

/** One function, not one at each of many calls. */
static MOTE_NOINLINE int32_t mote_softmax_multiply(int32_t a, int32_t b)
{
    return mote_high_multiply(a, b);
}

/** e^a for a in [-1/4, 0), no integer bits: Taylor around -1/8. */
MOTE_INLINE int32_t mote_exp_on_interval(int32_t a)
{
    const int32_t x = a + (1 << 28);
    const int32_t x2 = mote_softmax_multiply(x, x);
    const int32_t x3 = mote_softmax_multiply(x2, x);
    const int32_t x4_over_4 = mote_rounding_shift(mote_softmax_multiply(x2, x2), 2);
    const int32_t cubic = mote_rounding_shift(mote_softmax_multiply(x4_over_4 + x3, 715827883) + x2, 1);
    return 1895147668 + mote_softmax_multiply(1895147668, x + cubic);
}

/** e^a for a <= 0 with 5 integer bits; the result has none. */
static MOTE_NOINLINE int32_t mote_exp_on_negative_values(int32_t a)
{
    static const int32_t barrel[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    const int32_t modulo = (a & (quarter - 1)) - quarter;
    const int32_t remainder = modulo - a;
    int32_t result;
    if (a == 0) {
        return INT32_MAX;
    }
    result = mote_exp_on_interval(modulo * 32);
    MOTE_ROLLED
    for (int32_t i = 0; i < 7; i++) {
        if ((remainder & (quarter << i)) != 0) {
            result = mote_softmax_multiply(result, barrel[i]);
        }
    }
    return result;
}

/** x * 2^n, saturated. */
MOTE_INLINE int32_t mote_saturating_left_shift(int32_t x, int32_t n)
{
    const int32_t limit = INT32_MAX >> n;
    return x > limit ? INT32_MAX : (x < -limit - 1 ? INT32_MIN : (int32_t)((uint32_t)x << n));
}

/** 1 / (1 + a) for a in [0, 1), no integer bits: three steps of Newton and Raphson. */
MOTE_INLINE int32_t mote_one_over_one_plus(int32_t a)
{
    const int32_t half_denominator = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + mote_softmax_multiply(half_denominator, -1010580540);
    MOTE_ROLLED
    for (int32_t i = 0; i < 3; i++) {
        const int32_t rest = (1 << 29) - mote_softmax_multiply(half_denominator, x);
        x += mote_saturating_left_shift(mote_softmax_multiply(x, rest), 2);
    }
    return mote_saturating_left_shift(x, 1);
}

MOTE_INLINE int32_t mote_leading_zeros(uint32_t x)
{
    int32_t n = 0;
    while (n < 32 && (x & 0x80000000u) == 0u) {
        x <<= 1;
        n++;
    }
    return n;
}

/** e^(x - largest) with no integer bits. */
MOTE_INLINE int32_t mote_softmax_s8_exp(int32_t difference, mote_softmax_s8_shape s)
{
    return mote_exp_on_negative_values(
        mote_softmax_multiply((int32_t)((uint32_t)difference << s.left_shift), s.multiplier));
}

MOTE_INLINE void mote_softmax_s8_row(const int8_t *x, int8_t *y, mote_softmax_s8_shape s)
{
    int32_t largest = -128;
    int32_t sum = 0;
    int32_t headroom;
    int32_t scale;
    MOTE_ROLLED
    for (int32_t i = 0; i < s.size; i++) {
        largest = x[i * s.inner] > largest ? x[i * s.inner] : largest;
    }
    MOTE_ROLLED
    for (int32_t i = 0; i < s.size; i++) {
        const int32_t difference = x[i * s.inner] - largest;
        if (difference >= s.diff_min) {
            sum += mote_rounding_shift(mote_softmax_s8_exp(difference, s), 12);
        }
    }
    headroom = mote_leading_zeros((uint32_t)sum);
    scale = mote_one_over_one_plus((int32_t)(((uint32_t)sum << headroom) - 0x80000000u));
    MOTE_ROLLED
    for (int32_t i = 0; i < s.size; i++) {
        const int32_t difference = x[i * s.inner] - largest;
        int32_t q = -128;
        if (difference >= s.diff_min) {
            const int32_t product = mote_softmax_multiply(scale, mote_softmax_s8_exp(difference, s));
            q = mote_rounding_shift(product, 12 - headroom + 31 - 8) - 128;
        }
        y[i * s.inner] = (int8_t)(q > 127 ? 127 : q);
    }
}

/** y may be x. */
MOTE_INLINE void mote_softmax_s8(const int8_t *x, int8_t *y, mote_softmax_s8_shape s)
{
    for (int32_t o = 0; o < s.outer; o++) {
        for (int32_t i = 0; i < s.inner; i++) {
            const int32_t at = o * s.size * s.inner + i;
            mote_softmax_s8_row(x + at, y + at, s);
        }
    }
}

#endif
