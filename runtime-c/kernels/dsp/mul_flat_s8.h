/* SPDX-License-Identifier: 0BSD */
/* Multiplication of operands of one shape, int8, for cores with DSP instructions. */
#ifndef MOTE_MUL_FLAT_S8_H
#define MOTE_MUL_FLAT_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "binary_s8.h"
#include "flat_s8.h"

/** A product has 17 bits, so that most left shifts leave it within 32. */
MOTE_INLINE int32_t mote_mul_flat_one(int32_t a, int32_t b, mote_mul_s8_shape s)
{
    const mote_requantization r = s.requantization;
    const int8_t exponent = (int8_t)s.exponent;
    int32_t y = (a - s.a_zero_point) * (b - s.b_zero_point);
    if (r.tflite != 0 || r.left_shift > 14) {
        return mote_requantize(y, 0, &s.multiplier, &exponent, r);
    }
    y = y * (int32_t)(1u << r.left_shift);
    __asm__("smmlar %0, %1, %2, %3" : "=r"(y) : "r"(y), "r"(s.multiplier), "r"(r.zero_point));
    return mote_flat_clamp(y, r.min, r.max);
}

/** y may be a or b. */
MOTE_INLINE void mote_mul_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_mul_s8_shape s)
{
    MOTE_FLAT_S8(s.broadcast.size[3], s.requantization.tflite == 0, mote_mul_flat_one);
}

#endif
