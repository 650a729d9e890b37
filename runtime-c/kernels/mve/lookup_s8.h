/* SPDX-License-Identifier: 0BSD */
/* Any function of int8 by table, on Helium. */
#ifndef MOTE_LOOKUP_S8_H
#define MOTE_LOOKUP_S8_H

#include <arm_mve.h>

#include "mote.h"

typedef struct {
    int32_t count;
} mote_lookup_s8_shape;

/** table: [256], for stored inputs -128 to 127. y may be x. */
MOTE_INLINE void mote_lookup_s8(const int8_t *x, int8_t *y, const int8_t *table, mote_lookup_s8_shape s)
{
    const uint8x16_t half = vdupq_n_u8(128);
    int32_t i = 0;
    for (; i + 16 <= s.count; i += 16) {
        const uint8x16_t at = vaddq_u8(vreinterpretq_u8_s8(vldrbq_s8(x + i)), half);
        vstrbq_s8(y + i, vldrbq_gather_offset_s8(table, at));
    }
    if (i < s.count) {
        const mve_pred16_t some = vctp8q((uint32_t)(s.count - i));
        const uint8x16_t at = vaddq_u8(vreinterpretq_u8_s8(vldrbq_z_s8(x + i, some)), half);
        vstrbq_p_s8(y + i, vldrbq_gather_offset_z_s8(table, at, some), some);
    }
}

#endif
