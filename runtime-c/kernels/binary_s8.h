/* SPDX-License-Identifier: 0BSD */
/* Addition, subtraction and multiplication, int8, with broadcasting. y may be a or b. */
#ifndef MOTE_BINARY_S8_H
#define MOTE_BINARY_S8_H

#include "broadcast.h"

typedef struct {
    mote_broadcast broadcast;
    /* Profile fast: (a * multiplier_a + b * multiplier_b + offset) >> shift. */
    int32_t multiplier_a, multiplier_b, offset, shift;
    /* Profile tflite: operands rescaled with 20 spare bits, the sum rescaled. */
    int32_t tflite, exponent_a, exponent_b, multiplier_y, exponent_y, sign;
    int32_t a_zero_point, b_zero_point, y_zero_point, min, max;
} mote_add_s8_shape;

MOTE_INLINE int32_t mote_add_s8_one(int32_t a, int32_t b, mote_add_s8_shape s)
{
    if (s.tflite != 0) {
        const int32_t raised_a = (a - s.a_zero_point) * (1 << 20);
        const int32_t raised_b = (b - s.b_zero_point) * (1 << 20);
        const int32_t ra = mote_rescale_tflite(raised_a, s.multiplier_a, s.exponent_a);
        const int32_t rb = mote_rescale_tflite(raised_b, s.multiplier_b, s.exponent_b);
        return s.y_zero_point + mote_rescale_tflite(ra + s.sign * rb, s.multiplier_y, s.exponent_y);
    }
    return (s.offset + a * s.multiplier_a + b * s.multiplier_b) >> s.shift;
}

MOTE_INLINE void mote_add_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    MOTE_BROADCAST(s.broadcast, y[i] = (int8_t)mote_clamp(mote_add_s8_one(a[ia], b[ib], s), s.min, s.max));
}

typedef struct {
    mote_broadcast broadcast;
    int32_t a_zero_point, b_zero_point, multiplier, exponent;
    mote_requantization requantization;
} mote_mul_s8_shape;

MOTE_INLINE void mote_mul_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_mul_s8_shape s)
{
    const int8_t exponent = (int8_t)s.exponent;
    MOTE_BROADCAST(s.broadcast,
                   y[i] = (int8_t)mote_requantize((a[ia] - s.a_zero_point) * (b[ib] - s.b_zero_point), 0,
                                                  &s.multiplier, &exponent, s.requantization));
}

#endif
