/* SPDX-License-Identifier: 0BSD */
/* Addition and subtraction of operands of one shape, int8, for cores with DSP instructions. */
#ifndef MOTE_ADD_FLAT_S8_H
#define MOTE_ADD_FLAT_S8_H

#if !defined(__ARM_FEATURE_DSP)
#error "This needs DSP instructions: compile for the processor that mote was told, or define MOTE_NO_ASM"
#endif

#include "binary_s8.h"
#include "flat_s8.h"

MOTE_INLINE int32_t mote_add_flat_one(int32_t a, int32_t b, mote_add_s8_shape s)
{
    return mote_flat_clamp(mote_add_s8_one(a, b, s), s.min, s.max);
}

/** y may be a or b. */
MOTE_INLINE void mote_add_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    MOTE_FLAT_S8(s.broadcast.size[3], s.tflite == 0, mote_add_flat_one);
}

#endif
