/* SPDX-License-Identifier: 0BSD */
/* Elementwise loops over int8 operands of one shape, for cores with DSP instructions. */
#ifndef MOTE_FLAT_S8_H
#define MOTE_FLAT_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "mote_math.h"

MOTE_INLINE int32_t mote_flat_clamp(int32_t x, int32_t low, int32_t high)
{
    if (low > -128 || high < 127) {
        return mote_clamp(x, low, high);
    }
    __asm__("ssat %0, #8, %1" : "=r"(x) : "r"(x) : "cc");
    return x;
}

/** Stores ONE(a, b, s) of `count` elements; four at a time where `unroll` is not 0. y may be a or b. */
#define MOTE_FLAT_S8(count, unroll, ONE)                                                                    \
    do {                                                                                                    \
        const int32_t rest = (unroll) ? (count) % 4 : (count);                                              \
        const int8_t *const end = a + (count);                                                              \
        MOTE_ROLLED                                                                                         \
        for (int32_t i = 0; i < rest; i++) {                                                                \
            *y++ = (int8_t)ONE(*a++, *b++, s);                                                              \
        }                                                                                                   \
        for (; a != end; a += 4) {                                                                          \
            const int32_t y0 = ONE(a[0], b[0], s);                                                          \
            const int32_t y1 = ONE(a[1], b[1], s);                                                          \
            const int32_t y2 = ONE(a[2], b[2], s);                                                          \
            const int32_t y3 = ONE(a[3], b[3], s);                                                          \
            y[0] = (int8_t)y0;                                                                              \
            y[1] = (int8_t)y1;                                                                              \
            y[2] = (int8_t)y2;                                                                              \
            y[3] = (int8_t)y3;                                                                              \
            b += 4;                                                                                         \
            y += 4;                                                                                         \
        }                                                                                                   \
    } while (0)

#endif
