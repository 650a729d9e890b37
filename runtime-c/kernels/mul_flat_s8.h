/* SPDX-License-Identifier: 0BSD */
/* Multiplication of operands of one shape, int8. y may be a or b. */
#ifndef MOTE_MUL_FLAT_S8_H
#define MOTE_MUL_FLAT_S8_H

#include "binary_s8.h"

MOTE_INLINE void mote_mul_flat_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_mul_s8_shape s)
{
    mote_mul_s8(a, b, y, s);
}

#endif
