/* SPDX-License-Identifier: 0BSD */
/* Multiplication of operands of one shape, int8, on Helium, four elements at a time. */
#ifndef MOTE_MUL_FLAT_S8_H
#define MOTE_MUL_FLAT_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include <arm_mve.h>

#include "add_flat_s8.h"

MOTE_INLINE int32x4_t mote_mul_flat_four(int32x4_t a, int32x4_t b, mote_mul_s8_shape s)
{
    const mote_requantization r = s.requantization;
    const int32x4_t product = vmulq_s32(vsubq_n_s32(a, s.a_zero_point), vsubq_n_s32(b, s.b_zero_point));
    int32x4_t y;
    if (r.tflite != 0) {
        y = mote_add_flat_rescale(product, s.multiplier, s.exponent);
    } else {
        y = vrmulhq_s32(vshlq_r_s32(product, r.left_shift), vdupq_n_s32(s.multiplier));
    }
    y = vaddq_n_s32(y, r.zero_point);
    return vminq_s32(vmaxq_s32(y, vdupq_n_s32(r.min)), vdupq_n_s32(r.max));
}

/** y may be a or b. A product has 17 bits; more than 14 further ones go the portable way. */
MOTE_INLINE void mote_mul_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_mul_s8_shape s)
{
    const int32_t count = s.broadcast.size[3];
    int32_t i = 0;
    if (s.requantization.left_shift > 14) {
        mote_mul_s8(a, b, y, s);
        return;
    }
    for (; i + 4 <= count; i += 4) {
        vstrbq_s32(y + i, mote_mul_flat_four(vldrbq_s32(a + i), vldrbq_s32(b + i), s));
    }
    if (i < count) {
        const mve_pred16_t some = vctp32q((uint32_t)(count - i));
        const int32x4_t four = mote_mul_flat_four(vldrbq_z_s32(a + i, some), vldrbq_z_s32(b + i, some), s);
        vstrbq_p_s32(y + i, four, some);
    }
}

#endif
