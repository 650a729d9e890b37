/* SPDX-License-Identifier: 0BSD */
/* Changes of element type, as ONNX's Cast. Floats lose their fraction and saturate; integers wrap.
 * Those of 4 and 2 bits take a byte each. */
#ifndef MOTE_CAST_H
#define MOTE_CAST_H

#include "half.h"
#include "mote_math.h"

typedef struct {
    int32_t count;
} mote_cast_shape;

/** EXPRESSION is of an element `v`. */
#define MOTE_CAST(NAME, FROM, TO, EXPRESSION)                                                          \
    MOTE_INLINE void mote_cast_##NAME(const FROM *x, TO *y, mote_cast_shape s)                         \
    {                                                                                                  \
        for (int32_t i = 0; i < s.count; i++) {                                                        \
            const FROM v = x[i];                                                                       \
            y[i] = (EXPRESSION);                                                                       \
        }                                                                                              \
    }

/** v as an integer in [LOW, HIGH], where BOUND is the power of two above HIGH; NaN is LOW. */
#define MOTE_SATURATE(TO, V, LOW, HIGH, BOUND) \
    (!((V) > (LOW)) ? (TO)(LOW) : ((V) >= (BOUND) ? (HIGH) : (TO)(V)))

/** A float of the C type REAL as int32. */
#define MOTE_TO_S32(V, REAL) MOTE_SATURATE(int32_t, V, (REAL)INT32_MIN, INT32_MAX, (REAL)2147483648.0)

/** The lower bits of an integer, without and with a sign. */
#define MOTE_UNSIGNED_BITS(BITS, V) ((uint8_t)((uint32_t)(V) & ((1u << (BITS)) - 1u)))
#define MOTE_SIGNED_BITS(BITS, V) \
    ((int8_t)((int32_t)(MOTE_UNSIGNED_BITS(BITS, V) ^ (1u << ((BITS) - 1))) - (1 << ((BITS) - 1))))

/** From floats of the C type REAL, stored as FROM, that READ makes of an element. */
#define MOTE_CASTS_OF_REAL(S, FROM, REAL, READ)                                                        \
    MOTE_CAST(S##_s8, FROM, int8_t,                                                                    \
              MOTE_SATURATE(int8_t, READ(v), (REAL)INT8_MIN, INT8_MAX, (REAL)128.0))                   \
    MOTE_CAST(S##_u8, FROM, uint8_t, MOTE_SATURATE(uint8_t, READ(v), (REAL)0, UINT8_MAX, (REAL)256.0)) \
    MOTE_CAST(S##_s16, FROM, int16_t,                                                                  \
              MOTE_SATURATE(int16_t, READ(v), (REAL)INT16_MIN, INT16_MAX, (REAL)32768.0))              \
    MOTE_CAST(S##_u16, FROM, uint16_t,                                                                 \
              MOTE_SATURATE(uint16_t, READ(v), (REAL)0, UINT16_MAX, (REAL)65536.0))                    \
    MOTE_CAST(S##_s32, FROM, int32_t,                                                                  \
              MOTE_SATURATE(int32_t, READ(v), (REAL)INT32_MIN, INT32_MAX, (REAL)2147483648.0))         \
    MOTE_CAST(S##_u32, FROM, uint32_t,                                                                 \
              MOTE_SATURATE(uint32_t, READ(v), (REAL)0, UINT32_MAX, (REAL)4294967296.0))               \
    MOTE_CAST(S##_s64, FROM, int64_t,                                                                  \
              MOTE_SATURATE(int64_t, READ(v), (REAL)INT64_MIN, INT64_MAX, (REAL)9223372036854775808.0))\
    MOTE_CAST(S##_u64, FROM, uint64_t,                                                                 \
              MOTE_SATURATE(uint64_t, READ(v), (REAL)0, UINT64_MAX, (REAL)18446744073709551616.0))     \
    MOTE_CAST(S##_s4, FROM, int8_t, MOTE_SIGNED_BITS(4, MOTE_TO_S32(READ(v), REAL)))                   \
    MOTE_CAST(S##_u4, FROM, uint8_t, MOTE_UNSIGNED_BITS(4, MOTE_TO_S32(READ(v), REAL)))                \
    MOTE_CAST(S##_s2, FROM, int8_t, MOTE_SIGNED_BITS(2, MOTE_TO_S32(READ(v), REAL)))                   \
    MOTE_CAST(S##_u2, FROM, uint8_t, MOTE_UNSIGNED_BITS(2, MOTE_TO_S32(READ(v), REAL)))                \
    MOTE_CAST(S##_bool, FROM, uint8_t, READ(v) != (REAL)0)

/** From integers. */
#define MOTE_CASTS_OF_INTEGER(S, FROM)                                                                 \
    MOTE_CAST(S##_s8, FROM, int8_t, (int8_t)v)                                                         \
    MOTE_CAST(S##_u8, FROM, uint8_t, (uint8_t)v)                                                       \
    MOTE_CAST(S##_s16, FROM, int16_t, (int16_t)v)                                                      \
    MOTE_CAST(S##_u16, FROM, uint16_t, (uint16_t)v)                                                    \
    MOTE_CAST(S##_s32, FROM, int32_t, (int32_t)v)                                                      \
    MOTE_CAST(S##_u32, FROM, uint32_t, (uint32_t)v)                                                    \
    MOTE_CAST(S##_s64, FROM, int64_t, (int64_t)v)                                                      \
    MOTE_CAST(S##_u64, FROM, uint64_t, (uint64_t)v)                                                    \
    MOTE_CAST(S##_s4, FROM, int8_t, MOTE_SIGNED_BITS(4, v))                                            \
    MOTE_CAST(S##_u4, FROM, uint8_t, MOTE_UNSIGNED_BITS(4, v))                                         \
    MOTE_CAST(S##_s2, FROM, int8_t, MOTE_SIGNED_BITS(2, v))                                            \
    MOTE_CAST(S##_u2, FROM, uint8_t, MOTE_UNSIGNED_BITS(2, v))                                         \
    MOTE_CAST(S##_f32, FROM, float, (float)v)                                                          \
    MOTE_CAST(S##_f64, FROM, double, (double)v)                                                        \
    MOTE_CAST(S##_f16, FROM, uint16_t, mote_double_to_half((double)v))                                 \
    MOTE_CAST(S##_bool, FROM, uint8_t, v != 0)

#define MOTE_AS_IT_IS(V) (V)

MOTE_CASTS_OF_REAL(f32, float, float, MOTE_AS_IT_IS)
MOTE_CASTS_OF_REAL(f64, double, double, MOTE_AS_IT_IS)
MOTE_CASTS_OF_REAL(f16, uint16_t, float, mote_half_to_float)
MOTE_CAST(f32_f64, float, double, (double)v)
MOTE_CAST(f32_f16, float, uint16_t, mote_float_to_half(v))
MOTE_CAST(f64_f32, double, float, (float)v)
MOTE_CAST(f64_f16, double, uint16_t, mote_double_to_half(v))
MOTE_CAST(f16_f32, uint16_t, float, mote_half_to_float(v))
MOTE_CAST(f16_f64, uint16_t, double, (double)mote_half_to_float(v))
MOTE_CASTS_OF_INTEGER(s8, int8_t)
MOTE_CASTS_OF_INTEGER(u8, uint8_t)
MOTE_CASTS_OF_INTEGER(s16, int16_t)
MOTE_CASTS_OF_INTEGER(u16, uint16_t)
MOTE_CASTS_OF_INTEGER(s32, int32_t)
MOTE_CASTS_OF_INTEGER(u32, uint32_t)
MOTE_CASTS_OF_INTEGER(s64, int64_t)
MOTE_CASTS_OF_INTEGER(u64, uint64_t)

#endif
