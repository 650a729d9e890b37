/* SPDX-License-Identifier: 0BSD */
/* Addition and subtraction of operands of one shape, int8. y may be a or b. */
#ifndef MOTE_ADD_FLAT_S8_H
#define MOTE_ADD_FLAT_S8_H

#include "binary_s8.h"

MOTE_INLINE void mote_add_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_add_s8_shape s)
{
    for (int32_t i = 0; i < s.broadcast.size[3]; i++) {
        y[i] = (int8_t)mote_clamp(mote_add_s8_one(a[i], b[i], s), s.min, s.max);
    }
}

#endif
