/* SPDX-License-Identifier: 0BSD */
/* Product of two int8 matrices, or of batches of them with broadcasting. */
#ifndef MOTE_MATMUL_S8_H
#define MOTE_MATMUL_S8_H

#include "broadcast.h"

typedef struct {
    mote_broadcast batch; /* steps in elements from one matrix to the next */
    int32_t rows, inner, columns;
    int32_t a_zero_point, b_zero_point;
    int32_t multiplier, exponent;
    mote_requantization requantization;
} mote_matmul_s8_shape;

/** `count` columns, at most 4, of one row; b and y at the first. */
MOTE_INLINE void mote_matmul_s8_columns(const int8_t *a, const int8_t *b, int8_t *y, int32_t count,
                                        mote_matmul_s8_shape s)
{
    const int8_t exponent = (int8_t)s.exponent;
    int32_t sums[4] = {0, 0, 0, 0};
    int32_t sum = 0;
    for (int32_t k = 0; k < s.inner; k++) {
        const int32_t left = a[k] - s.a_zero_point;
        for (int32_t c = 0; c < count; c++) {
            sums[c] += left * b[c];
        }
        sum += left;
        b += s.columns;
    }
    for (int32_t c = 0; c < count; c++) {
        const int32_t acc = sums[c] - s.b_zero_point * sum;
        y[c] = (int8_t)mote_requantize(acc, 0, &s.multiplier, &exponent, s.requantization);
    }
}

/** a: [rows][inner]; b: [inner][columns]; y: [rows][columns]. */
MOTE_INLINE void mote_matmul_s8_one(const int8_t *a, const int8_t *b, int8_t *y, mote_matmul_s8_shape s)
{
    for (int32_t r = 0; r < s.rows; r++) {
        int32_t c = 0;
        for (; c + 4 <= s.columns; c += 4) {
            mote_matmul_s8_columns(a + r * s.inner, b + c, y + r * s.columns + c, 4, s);
        }
        if (c < s.columns) {
            mote_matmul_s8_columns(a + r * s.inner, b + c, y + r * s.columns + c, s.columns - c, s);
        }
    }
}

MOTE_INLINE void mote_matmul_s8(const int8_t *a, const int8_t *b, int8_t *y, mote_matmul_s8_shape s)
{
    MOTE_BROADCAST(s.batch, mote_matmul_s8_one(a + ia, b + ib, y + i * s.rows * s.columns, s));
}

#endif
