/* SPDX-License-Identifier: 0BSD */
/* Addition and subtraction of operands of one shape on Helium, four elements at a time. */
#ifndef MOTE_ADD_FLAT_S8_H
#define MOTE_ADD_FLAT_S8_H

#if !defined(__ARM_FEATURE_MVE)
#error "This needs Helium instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include <arm_mve.h>

#include "binary_s8.h"

/** x * multiplier / 2^31 * 2^exponent, rounded twice as gemmlowp does. */
MOTE_INLINE int32x4_t mote_add_flat_rescale(int32x4_t x, int32_t multiplier, int32_t exponent)
{
    if (exponent > 0) {
        x = vshlq_r_s32(x, exponent);
    }
    x = vqrdmulhq_n_s32(x, multiplier);
    if (exponent < 0) {
        x = vqaddq_s32(x, vshrq_n_s32(x, 31));
        x = vrshlq_n_s32(x, exponent);
    }
    return x;
}

/** (a * multiplier_a + b * multiplier_b + offset) >> shift, clamped. */
MOTE_INLINE void mote_add_flat_fast(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    const int32x4_t times_b = vdupq_n_s32(s.multiplier_b);
    const int32x4_t low = vdupq_n_s32(s.min);
    const int32x4_t high = vdupq_n_s32(s.max);
    __asm__ volatile("wlstp.32 lr, %[count], 1f\n"
                     "2: vldrb.s32 q0, [%[a]], #4\n"
                     "vldrb.s32 q1, [%[b]], #4\n"
                     "vmlas.s32 q1, %q[times_b], %[offset]\n"
                     "vmla.s32 q1, q0, %[times_a]\n"
                     "vshl.s32 q1, %[shift]\n"
                     "vmax.s32 q1, q1, %q[low]\n"
                     "vmin.s32 q1, q1, %q[high]\n"
                     "vstrb.32 q1, [%[y]], #4\n"
                     "letp lr, 2b\n"
                     "1:\n"
                     : [a] "+l"(a), [b] "+l"(b), [y] "+l"(y)
                     : [times_a] "r"(s.multiplier_a), [times_b] "w"(times_b), [offset] "r"(s.offset),
                       [shift] "r"(-s.shift), [low] "w"(low), [high] "w"(high),
                       [count] "r"(s.broadcast.size[3])
                     : "lr", "q0", "q1", "memory");
}

/** Sums in profile tflite, before the clamp. */
MOTE_INLINE int32x4_t mote_add_flat_sum(int32x4_t a, int32x4_t b, mote_add_s8_shape s)
{
    a = vshlq_n_s32(vsubq_n_s32(a, s.a_zero_point), 20);
    b = vshlq_n_s32(vsubq_n_s32(b, s.b_zero_point), 20);
    a = mote_add_flat_rescale(a, s.multiplier_a, s.exponent_a);
    b = mote_add_flat_rescale(b, s.multiplier_b, s.exponent_b);
    a = s.sign > 0 ? vaddq_s32(a, b) : vsubq_s32(a, b);
    return vaddq_n_s32(mote_add_flat_rescale(a, s.multiplier_y, s.exponent_y), s.y_zero_point);
}

MOTE_INLINE void mote_add_flat_tflite(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    const int32_t count = s.broadcast.size[3];
    const int32x4_t low = vdupq_n_s32(s.min);
    const int32x4_t high = vdupq_n_s32(s.max);
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const int32x4_t sum = mote_add_flat_sum(vldrbq_s32(a + i), vldrbq_s32(b + i), s);
        vstrbq_s32(y + i, vminq_s32(vmaxq_s32(sum, low), high));
    }
    if (i < count) {
        const mve_pred16_t some = vctp32q((uint32_t)(count - i));
        const int32x4_t sum = mote_add_flat_sum(vldrbq_z_s32(a + i, some), vldrbq_z_s32(b + i, some), s);
        vstrbq_p_s32(y + i, vminq_s32(vmaxq_s32(sum, low), high), some);
    }
}

MOTE_INLINE void mote_add_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    if (s.tflite != 0) {
        mote_add_flat_tflite(a, b, y, s);
    } else {
        mote_add_flat_fast(a, b, y, s);
    }
}

#endif
