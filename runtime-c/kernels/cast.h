/* SPDX-License-Identifier: 0BSD */
/* Changes of element type, as ONNX's Cast. Floats lose their fraction and saturate; integers wrap. */
#ifndef MOTE_CAST_H
#define MOTE_CAST_H

#include "mote_math.h"

typedef struct {
    int32_t count;
} mote_cast_shape;

#define MOTE_CAST(NAME, FROM, TO, EXPRESSION)                                                          \
    MOTE_INLINE void mote_cast_##NAME(const FROM *x, TO *y, mote_cast_shape s)                         \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const FROM v = x[i];                                                                       \
            y[i] = (EXPRESSION);                                                                       \
        }                                                                                              \
    }

/** v as an integer in [LOW, HIGH], where BOUND is the power of two above HIGH; NaN is LOW. */
#define MOTE_SATURATE(TO, LOW, HIGH, BOUND) (!(v > (float)(LOW)) ? (LOW) : (v >= (BOUND) ? (HIGH) : (TO)v))

MOTE_CAST(f32_s8, float, int8_t, MOTE_SATURATE(int8_t, INT8_MIN, INT8_MAX, 128.0f))
MOTE_CAST(f32_u8, float, uint8_t, MOTE_SATURATE(uint8_t, 0, UINT8_MAX, 256.0f))
MOTE_CAST(f32_s16, float, int16_t, MOTE_SATURATE(int16_t, INT16_MIN, INT16_MAX, 32768.0f))
MOTE_CAST(f32_u16, float, uint16_t, MOTE_SATURATE(uint16_t, 0, UINT16_MAX, 65536.0f))
MOTE_CAST(f32_s32, float, int32_t, MOTE_SATURATE(int32_t, INT32_MIN, INT32_MAX, 2147483648.0f))
MOTE_CAST(f32_u32, float, uint32_t, MOTE_SATURATE(uint32_t, 0u, UINT32_MAX, 4294967296.0f))
MOTE_CAST(f32_s64, float, int64_t, MOTE_SATURATE(int64_t, INT64_MIN, INT64_MAX, 9223372036854775808.0f))
MOTE_CAST(f32_bool, float, uint8_t, v != 0.0f)
MOTE_CAST(s8_f32, int8_t, float, (float)v)
MOTE_CAST(s8_u8, int8_t, uint8_t, (uint8_t)v)
MOTE_CAST(s8_s16, int8_t, int16_t, (int16_t)v)
MOTE_CAST(s8_u16, int8_t, uint16_t, (uint16_t)v)
MOTE_CAST(s8_s32, int8_t, int32_t, (int32_t)v)
MOTE_CAST(s8_u32, int8_t, uint32_t, (uint32_t)v)
MOTE_CAST(s8_s64, int8_t, int64_t, (int64_t)v)
MOTE_CAST(s8_bool, int8_t, uint8_t, v != 0)
MOTE_CAST(u8_f32, uint8_t, float, (float)v)
MOTE_CAST(u8_s8, uint8_t, int8_t, (int8_t)v)
MOTE_CAST(u8_s16, uint8_t, int16_t, (int16_t)v)
MOTE_CAST(u8_u16, uint8_t, uint16_t, (uint16_t)v)
MOTE_CAST(u8_s32, uint8_t, int32_t, (int32_t)v)
MOTE_CAST(u8_u32, uint8_t, uint32_t, (uint32_t)v)
MOTE_CAST(u8_s64, uint8_t, int64_t, (int64_t)v)
MOTE_CAST(u8_bool, uint8_t, uint8_t, v != 0)
MOTE_CAST(s16_f32, int16_t, float, (float)v)
MOTE_CAST(s16_s8, int16_t, int8_t, (int8_t)v)
MOTE_CAST(s16_u8, int16_t, uint8_t, (uint8_t)v)
MOTE_CAST(s16_u16, int16_t, uint16_t, (uint16_t)v)
MOTE_CAST(s16_s32, int16_t, int32_t, (int32_t)v)
MOTE_CAST(s16_u32, int16_t, uint32_t, (uint32_t)v)
MOTE_CAST(s16_s64, int16_t, int64_t, (int64_t)v)
MOTE_CAST(s16_bool, int16_t, uint8_t, v != 0)
MOTE_CAST(u16_f32, uint16_t, float, (float)v)
MOTE_CAST(u16_s8, uint16_t, int8_t, (int8_t)v)
MOTE_CAST(u16_u8, uint16_t, uint8_t, (uint8_t)v)
MOTE_CAST(u16_s16, uint16_t, int16_t, (int16_t)v)
MOTE_CAST(u16_s32, uint16_t, int32_t, (int32_t)v)
MOTE_CAST(u16_u32, uint16_t, uint32_t, (uint32_t)v)
MOTE_CAST(u16_s64, uint16_t, int64_t, (int64_t)v)
MOTE_CAST(u16_bool, uint16_t, uint8_t, v != 0)
MOTE_CAST(s32_f32, int32_t, float, (float)v)
MOTE_CAST(s32_s8, int32_t, int8_t, (int8_t)v)
MOTE_CAST(s32_u8, int32_t, uint8_t, (uint8_t)v)
MOTE_CAST(s32_s16, int32_t, int16_t, (int16_t)v)
MOTE_CAST(s32_u16, int32_t, uint16_t, (uint16_t)v)
MOTE_CAST(s32_u32, int32_t, uint32_t, (uint32_t)v)
MOTE_CAST(s32_s64, int32_t, int64_t, (int64_t)v)
MOTE_CAST(s32_bool, int32_t, uint8_t, v != 0)
MOTE_CAST(u32_f32, uint32_t, float, (float)v)
MOTE_CAST(u32_s8, uint32_t, int8_t, (int8_t)v)
MOTE_CAST(u32_u8, uint32_t, uint8_t, (uint8_t)v)
MOTE_CAST(u32_s16, uint32_t, int16_t, (int16_t)v)
MOTE_CAST(u32_u16, uint32_t, uint16_t, (uint16_t)v)
MOTE_CAST(u32_s32, uint32_t, int32_t, (int32_t)v)
MOTE_CAST(u32_s64, uint32_t, int64_t, (int64_t)v)
MOTE_CAST(u32_bool, uint32_t, uint8_t, v != 0)
MOTE_CAST(s64_f32, int64_t, float, (float)v)
MOTE_CAST(s64_s8, int64_t, int8_t, (int8_t)v)
MOTE_CAST(s64_u8, int64_t, uint8_t, (uint8_t)v)
MOTE_CAST(s64_s16, int64_t, int16_t, (int16_t)v)
MOTE_CAST(s64_u16, int64_t, uint16_t, (uint16_t)v)
MOTE_CAST(s64_s32, int64_t, int32_t, (int32_t)v)
MOTE_CAST(s64_u32, int64_t, uint32_t, (uint32_t)v)
MOTE_CAST(s64_bool, int64_t, uint8_t, v != 0)

#endif
