/* SPDX-License-Identifier: 0BSD */
/* Half-precision numbers (IEEE 754 binary16) as their bits. */
#ifndef MOTE_HALF_H
#define MOTE_HALF_H

#include <string.h>

#include "mote_math.h"

/** Exact; NaN stays NaN. */
MOTE_INLINE float mote_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t exponent = (h >> 10) & 31u, fraction = h & 1023u;
    uint32_t bits = sign | ((exponent + 112u) << 23) | (fraction << 13);
    float f;
    if (exponent == 0u) {
        f = (float)fraction * 5.9604644775390625e-8f; /* 2^-24 */
        return sign != 0u ? -f : f;
    }
    if (exponent == 31u) {
        bits = sign | 0x7F800000u | (fraction << 13);
    }
    memcpy(&f, &bits, sizeof f);
    return f;
}

/** To nearest, ties to even; beyond the largest half ±infinity. */
MOTE_INLINE uint16_t mote_float_to_half(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    const uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return 0x7E00u;
    }
    if (magnitude >= 0x477FF000u) { /* 65520 */
        return (uint16_t)(sign | 0x7C00u);
    }
    if (magnitude < 0x33000000u) { /* 2^-25: half of the least */
        return (uint16_t)sign;
    }
    const uint32_t exponent = magnitude >> 23;
    const uint32_t fraction = (magnitude & 0x7FFFFFu) | 0x800000u;
    const uint32_t lost = exponent >= 113u ? 13u : 126u - exponent;
    const uint32_t kept = fraction >> lost, rest = fraction & ((1u << lost) - 1u), half = 1u << (lost - 1u);
    const uint32_t rounded = kept + ((rest > half || (rest == half && (kept & 1u) != 0u)) ? 1u : 0u);
    /* The leading one of a normal number adds one to the exponent. */
    return (uint16_t)(sign | (exponent >= 113u ? ((exponent - 113u) << 10) + rounded : rounded));
}

/** As of a float that keeps what the double has beyond it as its last bit: rounded once. */
MOTE_INLINE uint16_t mote_double_to_half(double d)
{
    float f = (float)d;
    uint32_t bits;
    if ((double)f != d && d == d && f - f == 0.0f) {
        memcpy(&bits, &f, sizeof bits);
        if ((f < 0.0f ? -(double)f : (double)f) > (d < 0.0 ? -d : d)) {
            bits--;
        }
        bits |= 1u;
        memcpy(&f, &bits, sizeof f);
    }
    return mote_float_to_half(f);
}

#endif
