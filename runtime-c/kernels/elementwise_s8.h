/* SPDX-License-Identifier: 0BSD */
/* Elementwise int8: changes of scale, and float at the boundary. */
#ifndef MOTE_ELEMENTWISE_S8_H
#define MOTE_ELEMENTWISE_S8_H

#include "mote_math.h"

typedef struct {
    int32_t count;
    int32_t x_zero_point, multiplier, exponent;
    mote_requantization requantization;
} mote_requantize_shape;

MOTE_INLINE int32_t mote_requantize_one(int32_t x, mote_requantize_shape s)
{
    const int8_t exponent = (int8_t)s.exponent;
    return mote_requantize(x - s.x_zero_point, 0, &s.multiplier, &exponent, s.requantization);
}

/** y may be x. */
MOTE_INLINE void mote_requantize_s8_s8(const int8_t *x, int8_t *y, mote_requantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (int8_t)mote_requantize_one(x[i], s);
    }
}

MOTE_INLINE void mote_requantize_u8_s8(const uint8_t *x, int8_t *y, mote_requantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (int8_t)mote_requantize_one(x[i], s);
    }
}

MOTE_INLINE void mote_requantize_u8_u8(const uint8_t *x, uint8_t *y, mote_requantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (uint8_t)mote_requantize_one(x[i], s);
    }
}

MOTE_INLINE void mote_requantize_s8_u8(const int8_t *x, uint8_t *y, mote_requantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (uint8_t)mote_requantize_one(x[i], s);
    }
}

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} mote_quantize_shape;

MOTE_INLINE void mote_quantize_f32_s8(const float *x, int8_t *y, mote_quantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (int8_t)mote_quantize(x[i], s.scale, s.zero_point, -128, 127);
    }
}

MOTE_INLINE void mote_quantize_f32_u8(const float *x, uint8_t *y, mote_quantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = (uint8_t)mote_quantize(x[i], s.scale, s.zero_point, 0, 255);
    }
}

MOTE_INLINE void mote_dequantize_s8_f32(const int8_t *x, float *y, mote_quantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = mote_dequantize(x[i], s.scale, s.zero_point);
    }
}

MOTE_INLINE void mote_dequantize_u8_f32(const uint8_t *x, float *y, mote_quantize_shape s)
{
    for (int32_t i = 0; i < s.count; i++) {
        y[i] = mote_dequantize(x[i], s.scale, s.zero_point);
    }
}

#endif
